import { execa } from "execa";
import { labDown } from "../cluster/down.ts";
import { ExtensionBuilder } from "../cluster/extensionBuilder.ts";
import { labNodes } from "../cluster/nodes.ts";
import { labRegistry } from "../cluster/paths.ts";
import { labStatus } from "../cluster/status.ts";
import { labPlatforms, TestBuilder } from "../cluster/testBuilder.ts";
import { labUp } from "../cluster/up.ts";
import { inTurn, median, timed, type Figure } from "./figure.ts";

const working = `
FROM ${labRegistry}/base:1
ARG TARGETARCH
RUN for i in 1 2 3 4 5; do echo "$TARGETARCH $i"; sleep 0.5; done
RUN uname -m
`;
const workingRounds = 5;
const cachedRounds = 15;

/** What the extension costs beside the bare commands, on the local cluster. */
export async function benchLab(): Promise<readonly Figure[]> {
  const wasUp = (await labStatus()).state === "up";
  await labUp({ fastProbes: false });
  const builder = await ExtensionBuilder.prepare("bench");
  try {
    const createMs = await timed(() => builder.create());
    return [await benchCreate(createMs), ...(await benchBuilds(builder))];
  } finally {
    await builder.dispose();
    if (!wasUp) await labDown();
  }
}

/** Creating a builder of two nodes, beside `buildx create --bootstrap` for each of them. */
async function benchCreate(createMs: number): Promise<Figure> {
  const bare = new TestBuilder("bare");
  try {
    const bareMs = await timed(async () => {
      for (const [index, { architecture }] of labNodes.entries())
        await bare.createNode(architecture, index > 0, "--bootstrap");
    });
    return {
      name: "create builder / create --bootstrap × 2",
      value: createMs,
      unit: "ms",
      limit: 0.3,
      ratio: createMs / bareMs,
    };
  } finally {
    await bare.remove();
    bare.dispose();
  }
}

async function benchBuilds(builder: ExtensionBuilder): Promise<readonly Figure[]> {
  const context = builder.context("working", working);
  const platforms = labPlatforms.join(",");
  const bare = (...options: readonly string[]) =>
    execa(
      "docker-buildx",
      ["build", "--builder", builder.name, "--platform", platforms, "--output", "type=cacheonly", ...options, context],
      {
        env: builder.env,
      },
    );
  await builder.build(context); // both nodes have pulled the base
  const worked = await inTurn(
    workingRounds,
    () => builder.build(context, { noCache: true }),
    () => bare("--no-cache"),
  );
  const cached = await inTurn(
    cachedRounds,
    () => builder.build(context),
    () => bare(),
  );
  const ratios = worked.ours.map((ours, round) => ours / (worked.bare[round] ?? Number.NaN));
  const more = cached.ours.map((ours, round) => ours - (cached.bare[round] ?? Number.NaN));
  return [
    { name: "build of 2.5 s / bare", value: median(worked.ours), unit: "ms", limit: 1.03, ratio: median(ratios) },
    { name: "cached build, more than bare", value: median(more), unit: "ms", limit: 80 },
  ];
}
