import { join } from "node:path";
import { BuildRun } from "../../src/core/build/run.ts";
import { createBuilder, type NewBuilder } from "../../src/core/builder/create.ts";
import { findBuildx } from "../../src/core/buildx/find.ts";
import { readBuilders } from "../../src/core/buildx/store.ts";
import { ClusterConnections } from "../../src/core/cluster/cluster.ts";

/** What {@link workInChild} is to do, as JSON in its first argument. */
export type ChildWork =
  | { readonly kind: "create"; readonly wish: NewBuilder; readonly kubeconfigFolder: string }
  | { readonly kind: "build"; readonly builder: string; readonly buildContext: string };

// Works until it is killed, with the environment it gets: for tests of what an editor that dies leaves behind.
// Prints `at work` when it is.

const work = JSON.parse(process.argv[2] ?? "") as ChildWork;
const { env } = process;
const { cli } = await findBuildx({ path: process.argv[3], env });
const signal = new AbortController().signal;
const tell = (): void => console.log("at work");

if (work.kind === "create") {
  const { wish, kubeconfigFolder } = work;
  const deps = { cli, env, connections: new ClusterConnections(env), kubeconfigFolder };
  await createBuilder(wish, deps, {
    signal,
    onProgress: (progress) => {
      if (progress.kind === "starting" && progress.architectures.every(({ kind }) => kind === "stuck")) tell();
    },
  });
} else {
  const { buildContext } = work;
  const builder = (await readBuilders(env)).find(({ name }) => name === work.builder);
  if (!builder) throw new Error(`there is no builder ${work.builder}`);
  const run = new BuildRun(cli, {
    request: {
      dockerfile: join(buildContext, "Dockerfile"),
      buildContext,
      builder: builder.name,
      platforms: builder.nodes.flatMap(({ platforms }) => platforms),
      output: { kind: "none" },
    },
    builder,
    labels: { dockerfile: "Dockerfile", output: "" },
  });
  run.onDidChange(() => {
    if (run.snapshot().rows.some(({ cells }) => cells.some((cell) => cell?.hasLog))) tell();
  });
  await run.start();
}
