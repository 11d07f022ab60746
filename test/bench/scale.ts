import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
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
const pods = 2_000;
/** So many of the pods are the builder's: its nodes have ten each. */
const builderNodes = ["builder-00000", "builder-00001"];
const idleMs = 10_000;

/** The explorer on a large cluster, which a process of its own stands in for. */
export async function benchScale(): Promise<readonly Figure[]> {
  const dir = mkdtempSync(path.join(tmpdir(), "bench-scale-"));
  const size = ["--nodes", String(clusterNodes), "--pods", String(pods), "--builders"];
  const standin = execa(process.execPath, [program, ...size], { reject: false, stderr: "inherit" });
  const lines = createInterface(standin.stdout)[Symbol.asyncIterator]();
  const read = async (): Promise<string> => ((await lines.next()) as IteratorResult<string, string>).value ?? "";
  const ask = async (command: string): Promise<string> => {
    standin.stdin.write(`${command}\n`);
    return read();
  };
  try {
    let kubeconfig: string | undefined;
    while (kubeconfig === undefined) kubeconfig = /KUBECONFIG=(\S+)/.exec(await read())?.[1];
    writeBuilder(dir, kubeconfig);
    await using explorer = await Explorer.open(dir, kubeconfig);
    const { firstMs, blockedMs } = await explorer.draws();
    const changed = await explorer.changeOf(() => ask(`delete default ${explorer.aPod} 30`));
    const before = await ask("requests");
    await sleep(idleMs);
    const idle = Number(await ask("requests")) - Number(before);
    const kubectlMs = await kubectl(kubeconfig);
    return [
      { name: "first of 5,000 nodes / kubectl", value: firstMs, unit: "ms", limit: 1, ratio: firstMs / kubectlMs },
      { name: "longest block by 5,000 nodes", value: blockedMs, unit: "ms", limit: 20 },
      { name: "a changed pod of 2,000 is drawn", value: changed.afterMs, unit: "ms", limit: 250 },
      { name: "rows drawn for it", value: changed.rows, unit: "", limit: 1 },
      { name: "requests in 10 s of idleness", value: idle, unit: "", limit: 0 },
    ];
  } finally {
    standin.kill("SIGINT");
    await standin;
    rmSync(dir, { recursive: true });
  }
}

/** A builder of two nodes, as buildx stores it. */
function writeBuilder(dir: string, kubeconfig: string): void {
  const nodes = builderNodes.map((name, index) => ({
    Name: name,
    Endpoint: `kubernetes:///bench?deployment=${name}&kubeconfig=${encodeURIComponent(kubeconfig)}`,
    Platforms: [{ architecture: index === 0 ? "amd64" : "arm64", os: "linux" }],
    DriverOpts: { namespace: "default" },
    Flags: null,
    Files: null,
  }));
  mkdirSync(path.join(dir, "instances"));
  const builder = { Name: "bench", Driver: "kubernetes", Nodes: nodes, Dynamic: false };
  writeFileSync(path.join(dir, "instances", "bench"), JSON.stringify(builder));
}

/** The explorer without an editor: it makes the rows, and finds which of them would have to be drawn. */
class Explorer implements AsyncDisposable {
  readonly #source: ExplorerSource;
  readonly #connections: ClusterConnections;
  #index = new ExplorerIndex([]);
  #state: ExplorerState | undefined;
  #onDraw: (rows: readonly string[] | "all") => void = () => undefined;

  private constructor(dir: string, kubeconfig: string) {
    const env = { HOME: "/nonexistent", BUILDX_CONFIG: dir };
    this.#connections = new ClusterConnections(env);
    this.#source = new ExplorerSource({
      store: new BuilderStore(env),
      connections: this.#connections,
      builds: new Builds(() => undefined),
      busy: new BusyBuilders(),
      env,
      kubeconfig: () => kubeconfig,
      inspect: async () => ({ kind: "loading" }),
    });
    this.#source.onDidChange((state) => this.#draw(state));
  }

  static async open(dir: string, kubeconfig: string): Promise<Explorer> {
    const explorer = new Explorer(dir, kubeconfig);
    // What is loaded once at the first use is not the cluster's doing.
    (await explorer.#connections.open({ kubeconfig })).dispose();
    return explorer;
  }

  /** Name of a pod of the builder. */
  get aPod(): string {
    const [, status] = this.#state?.builders.find(([{ name }]) => name === "bench") ?? [];
    return status?.kind === "kubernetes" ? (status.cluster.pods.items.find(isOfBuilder)?.name ?? "") : "";
  }

  /** From nothing until all is there. */
  async draws(): Promise<{ readonly firstMs: number; readonly blockedMs: number }> {
    const startMs = performance.now();
    let firstMs: number | undefined;
    const all = Promise.withResolvers<void>();
    this.#onDraw = () => {
      const count = this.#state?.cluster.kind === "connected" ? this.#state.cluster.nodes.items.length : 0;
      if (count > 0) firstMs ??= performance.now() - startMs;
      if (count >= clusterNodes && this.aPod !== "") all.resolve();
    };
    const loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
    await this.#source.start();
    await all.promise;
    loop.disable();
    return { firstMs: firstMs ?? Number.NaN, blockedMs: loop.max / 1e6 };
  }

  /** What is drawn for something that happens in the cluster, and how soon. */
  async changeOf(happen: () => Promise<unknown>): Promise<{ readonly afterMs: number; readonly rows: number }> {
    const drawn = Promise.withResolvers<readonly string[] | "all">();
    this.#onDraw = (rows) => {
      if (rows.length > 0) drawn.resolve(rows);
    };
    const startMs = performance.now();
    await happen();
    const rows = await drawn.promise;
    return { afterMs: performance.now() - startMs, rows: rows === "all" ? Number.POSITIVE_INFINITY : rows.length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#source.dispose();
    this.#connections.dispose();
  }

  #draw(state: ExplorerState): void {
    const next = new ExplorerIndex(explorerTree(state));
    const rows = changedRows(this.#index, next);
    this.#index = next;
    this.#state = state;
    this.#onDraw(rows);
  }
}

const isOfBuilder = ({ app }: { readonly app: string }): boolean => builderNodes.includes(app);

/** The time in which kubectl prints the same, without what only its own throttling takes at the first use. */
async function kubectl(kubeconfig: string): Promise<number> {
  const run = () =>
    execa(path.join(binDir, "kubectl"), ["get", "nodes,pods", "-A"], { env: { KUBECONFIG: kubeconfig } });
  await run();
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}
