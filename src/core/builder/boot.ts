import { isDeepStrictEqual } from "node:util";
import { inspectArgs } from "../buildx/args.ts";
import type { BuildxCli } from "../buildx/cli.ts";
import { lastError } from "../buildx/status.ts";
import { avoidsTerminatingPods } from "../buildx/version.ts";
import type { ClusterConnection } from "../cluster/cluster.ts";
import type { Workload } from "../cluster/objects.ts";
import { lastWords } from "../cluster/podLog.ts";
import { findExisting } from "../cluster/workloads.ts";
import { UserError } from "../errors.ts";
import { type Disposable, DisposableStore } from "../event.ts";
import { t } from "../l10n.ts";
import { type ArchitectureProgress, bootProgress, type BootedNode, isSettled } from "./progress.ts";
import { ProbeQuickener } from "./quicken.ts";

/** A builder that is in the store and is to be started. */
export interface BootRequest {
  readonly builder: string;
  readonly nodes: readonly BootedNode[];
  readonly namespace: string;
  readonly kubeconfig: string;
}

/** What a boot works with. */
export interface BootContext {
  readonly cli: BuildxCli;
  readonly connection: ClusterConnection;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: readonly ArchitectureProgress[]) => void;
}

/** When buildx is content, the pods that were replaced may take this long to go. */
const settleMs = 30_000;

/**
 * Starts a builder's pods through buildx and waits until all of them are ready. Meanwhile it quickens the pods'
 * readiness probes, because of which buildx otherwise waits half a minute for pods that have long been up.
 *
 * @throws UserError with the true cause, as the pods tell it; AbortError when the signal was aborted
 */
export async function bootBuilder(request: BootRequest, context: BootContext): Promise<void> {
  const watch = new BootWatch(request, context);
  try {
    const args = inspectArgs(request.builder, { boot: true });
    const { kubeconfig } = request;
    const { exitCode, stderr } = await context.cli.run(args, { kubeconfig, signal: context.signal, progress: "plain" });
    // Before 0.22 buildx ends well although a node has not started: the pods have the last word.
    if (exitCode !== 0 || !(await watch.settled())) {
      const cause = (await watch.cause()) ?? lastError(stderr);
      throw new UserError(t("The builder “{0}” did not start: {1}", request.builder, cause));
    }
  } finally {
    watch.dispose();
  }
}

/** The cluster's side of a boot: follows the pods and quickens their probes. */
class BootWatch implements Disposable {
  readonly #request: BootRequest;
  readonly #context: BootContext;
  readonly #subscriptions = new DisposableStore();
  readonly #end = new AbortController();
  /** Whether buildx sends no builds to pods that are being deleted. */
  readonly #avoidsTerminating: boolean;
  readonly #quickener: ProbeQuickener;
  #progress: readonly ArchitectureProgress[] = [];
  #onUpdate: () => void = () => undefined;

  constructor(request: BootRequest, context: BootContext) {
    this.#request = request;
    this.#context = context;
    this.#avoidsTerminating = avoidsTerminatingPods(context.cli.version);
    const { connection } = context;
    this.#quickener = new ProbeQuickener(connection.api, this.#end.signal);
    const update = (): void => this.#update();
    this.#subscriptions.add(connection.workloads(request.namespace).onDidChange(update));
    this.#subscriptions.add(connection.pods(request.namespace).onDidChange(update));
    this.#update();
  }

  /** Why the builder does not start, as far as the pods tell, with the last words of one that crashes. */
  async cause(): Promise<string | undefined> {
    const troubled = this.#progress.filter(({ kind }) => kind !== "ready");
    const telling = troubled.some(({ kind }) => kind === "stuck")
      ? troubled.filter(({ kind }) => kind === "stuck")
      : troubled.filter(({ kind }) => kind === "starting");
    if (telling.length === 0) return undefined;
    const words = await this.#lastWords();
    const causes = telling.map(({ architecture, text }) => `${architecture}: ${text}`).join("; ");
    return words === undefined ? causes : t("{0}. Its log ends: {1}", causes, words);
  }

  async #lastWords(): Promise<string | undefined> {
    const { connection, signal } = this.#context;
    const { nodes, namespace } = this.#request;
    const workloads = new Set(nodes.map(({ workload }) => workload));
    const crashed = connection
      .pods(namespace)
      .current.items.find((pod) => workloads.has(pod.app) && (pod.state.kind === "dead" || pod.restarts > 0));
    return crashed && lastWords(connection.api, crashed, signal);
  }

  /**
   * Waits until all replicas are ready and those that were replaced are gone; where that takes long, the former must
   * do. False when they are not ready. Where the pods may not be watched, buildx's word must do.
   */
  async settled(): Promise<boolean> {
    const { connection, signal } = this.#context;
    const { nodes, namespace } = this.#request;
    const pods = connection.pods(namespace);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const giveUp = (): void => resolve(false);
    const check = (): void => {
      const { status, items } = pods.current;
      if (status.kind === "failed" || isSettled(nodes, items, this.#avoidsTerminating)) resolve(true);
    };
    const timer = setTimeout(giveUp, settleMs);
    signal.addEventListener("abort", giveUp, { once: true });
    this.#onUpdate = check;
    try {
      check();
      const isSettledInTime = await promise;
      signal.throwIfAborted();
      await this.#quickener.restore(this.#ownWorkloads);
      return isSettledInTime || (await this.#areAllReady());
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
  }

  dispose(): void {
    this.#end.abort();
    this.#subscriptions.dispose();
  }

  async #areAllReady(): Promise<boolean> {
    const { connection, signal } = this.#context;
    const { nodes, namespace } = this.#request;
    const names = nodes.map(({ workload }) => workload);
    const found = await findExisting(connection.api, namespace, names, signal);
    const ready = found.filter(({ readyReplicas, replicas }) => readyReplicas >= replicas);
    return ready.length === nodes.length;
  }

  get #ownWorkloads(): readonly Workload[] {
    const names = new Set(this.#request.nodes.map(({ workload }) => workload));
    return this.#context.connection
      .workloads(this.#request.namespace)
      .current.items.filter(({ name }) => names.has(name));
  }

  #update(): void {
    const { connection, onProgress } = this.#context;
    const workloads = this.#ownWorkloads;
    const pods = connection.pods(this.#request.namespace).current.items;
    for (const workload of workloads) void this.#quickener.quicken(workload);
    const progress = bootProgress(this.#request.nodes, { workloads, pods });
    if (!isDeepStrictEqual(progress, this.#progress)) onProgress((this.#progress = progress));
    this.#onUpdate();
  }
}
