import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import path from "node:path";
import { execa } from "execa";
import { Builds } from "../../src/core/build/builds.ts";
import { BusyBuilders } from "../../src/core/builder/busy.ts";
import { BuilderStore } from "../../src/core/buildx/store.ts";
import { ClusterConnections } from "../../src/core/cluster/cluster.ts";
import { ExplorerSource } from "../../src/core/explorer/source.ts";
import { changedRows, ExplorerIndex, explorerTree, type ExplorerState } from "../../src/core/explorer/tree.ts";
import { binDir } from "../cluster/paths.ts";
import type { Figure } from "./figure.ts";

const program = path.join(import.meta.dirname, "../standin/main.ts");
const clusterNodes = 5_000;

/** The explorer on a large cluster, which a process of its own stands in for: its first rows, and how long it blocks. */
export async function benchScale(): Promise<readonly Figure[]> {
  const standin = execa(process.execPath, [program, "--nodes", String(clusterNodes), "--pods", "2000"], {
    reject: false,
    stderr: "inherit",
  });
  try {
    const kubeconfig = await kubeconfigOf(standin.stdout);
    const { firstMs, blockedMs } = await explore(kubeconfig);
    const kubectlMs = await kubectl(kubeconfig);
    return [
      { name: "first of 5,000 nodes / kubectl", value: firstMs, unit: "ms", limit: 1, ratio: firstMs / kubectlMs },
      { name: "longest block by 5,000 nodes", value: blockedMs, unit: "ms", limit: 20 },
    ];
  } finally {
    standin.kill("SIGINT");
    await standin;
  }
}

/** Follows the cluster until all its nodes are there, and makes rows of them as the explorer does. */
async function explore(kubeconfig: string): Promise<{ readonly firstMs: number; readonly blockedMs: number }> {
  const env = { HOME: "/nonexistent" };
  const connections = new ClusterConnections(env);
  // What is loaded once at the first use is not the cluster's doing.
  (await connections.open({ kubeconfig })).dispose();
  const source = new ExplorerSource({
    store: new BuilderStore(env),
    connections,
    builds: new Builds(() => undefined),
    busy: new BusyBuilders(),
    env,
    kubeconfig: () => kubeconfig,
    inspect: async () => ({ kind: "loading" }),
  });
  const startMs = performance.now();
  let firstMs: number | undefined;
  let index = new ExplorerIndex([]);
  const all = Promise.withResolvers<void>();
  const draw = (state: ExplorerState): void => {
    const next = new ExplorerIndex(explorerTree(state));
    changedRows(index, next);
    index = next;
    const count = state.cluster.kind === "connected" ? state.cluster.nodes.items.length : 0;
    if (count > 0) firstMs ??= performance.now() - startMs;
    if (count >= clusterNodes) all.resolve();
  };
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  source.onDidChange(draw);
  await source.start();
  await all.promise;
  loop.disable();
  source.dispose();
  connections.dispose();
  return { firstMs: firstMs ?? Number.NaN, blockedMs: loop.max / 1e6 };
}

/** The time in which kubectl prints the same, without what only its own throttling takes at the first use. */
async function kubectl(kubeconfig: string): Promise<number> {
  const run = () =>
    execa(path.join(binDir, "kubectl"), ["get", "nodes,pods", "-A"], { env: { KUBECONFIG: kubeconfig } });
  await run();
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

async function kubeconfigOf(stdout: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(stdout)) {
    const file = /KUBECONFIG=(\S+)/.exec(line)?.[1];
    if (file !== undefined) return file;
  }
  throw new Error("The stand-in has not told its kubeconfig.");
}
