import { execa } from "execa";
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BuildModel } from "../../src/core/build/model.ts";
import type { Cell, StepRow } from "../../src/core/build/snapshot.ts";
import { labBlockers } from "./blockers.ts";
import { labDown } from "./down.ts";
import { ExtensionBuilder } from "./extensionBuilder.ts";
import { labNodes } from "./nodes.ts";
import { labRegistry } from "./paths.ts";
import { labStatus } from "./status.ts";
import { labUp } from "./up.ts";

const dockerfile = `
FROM ${labRegistry}/base:1 AS tools
WORKDIR /tools
RUN sleep 0.3; echo tool > tool
FROM ${labRegistry}/base:1 AS build
ARG TARGETARCH
COPY --from=tools /tools/tool /tool
RUN for i in 1 2 3; do echo "$TARGETARCH $i"; sleep 0.2; done
COPY --link --from=tools /tools/tool /linked
FROM scratch
COPY --from=build /tool /linked /
`;

/** Steps may differ from BuildKit's own record by this much. */
const toleranceMs = 5;

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env["CI"] ? [] : labBlockers();

describe("timings beside BuildKit's own record", { skip: blockers.join("; ") || false }, () => {
  let builder: ExtensionBuilder;
  let wasUp = true;

  before(async () => {
    wasUp = (await labStatus()).state === "up";
    await labUp();
    builder = await ExtensionBuilder.prepare("history");
    await builder.create();
  });

  after(async () => {
    await builder.dispose();
    if (!wasUp) await labDown();
  });

  it("each step lasts as long as the history of its node says", async () => {
    const live = await builder.build(builder.context("steps", dockerfile), { noCache: true });
    assert.equal(live.state, "done");
    const { lanes, rows } = live.snapshot();
    for (const [column, { platform }] of lanes.entries()) {
      const recorded = await recordOf(builder, platform);
      const compared = rows.filter((row) => compare(row, row.cells[column], recorded, platform));
      assert.ok(compared.length >= 7, `only ${compared.length} steps of ${platform} were compared`);
    }
  });
});

function compare(row: StepRow, cell: Cell | null | undefined, recorded: readonly StepRow[], platform: string): boolean {
  if (!cell) return false;
  const same = recorded.find(({ stage, index }) => stage === row.stage && index === row.index);
  const durationMs = same?.cells[0]?.durationMs;
  const title = `${platform} ${row.stage} ${row.index}/${row.total}`;
  assert.ok(durationMs !== undefined, `${title} is not in the record`);
  assert.ok(
    Math.abs(cell.durationMs - durationMs) <= toleranceMs,
    `${title}: ${cell.durationMs} ms, recorded ${durationMs} ms`,
  );
  return true;
}

/**
 * What the buildkitd of one platform has recorded of its last build. A builder of one node that means the same
 * Deployment is the only way to ask a certain node.
 */
async function recordOf(builder: ExtensionBuilder, platform: string): Promise<readonly StepRow[]> {
  const architecture = labNodes.find((node) => platform.endsWith(node.architecture))?.architecture ?? "";
  const alias = `alias-${architecture}`;
  const env = { ...builder.env, BUILDX_CONFIG: join(builder.dir, "aliases") };
  const buildx = (...args: string[]) => execa("docker-buildx", args, { env });
  const options = `namespace=${builder.name},"nodeselector=kubernetes.io/arch=${architecture}"`;
  const node = ["--node", `${builder.name}-${architecture}`, "--platform", platform, "--driver-opt", options];
  await buildx("create", "--name", alias, "--driver", "kubernetes", ...node);
  const { stderr } = await buildx("history", "logs", "--builder", alias, "--progress", "rawjson", "^0");
  const model = new BuildModel({ platforms: [platform] });
  for (const line of stderr.split("\n")) model.apply(line);
  model.end({ exitCode: 0 });
  return model.rows();
}
