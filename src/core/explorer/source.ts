import type { Builds } from "../build/builds.ts";
import { followBuilder } from "../builder/follow.ts";
import type { BuilderStatus } from "../builder/status.ts";
import type { Builder } from "../buildx/builder.ts";
import type { BuilderStore } from "../buildx/store.ts";
import type { ClusterConnection, ClusterConnections } from "../cluster/cluster.ts";
import { onDidChangeFiles } from "../cluster/fileChanges.ts";
import { kubeconfigFiles } from "../cluster/kubeconfig.ts";
import { messageOf } from "../errors.ts";
import { DisposableStore, Emitter, type Disposable, type Event } from "../event.ts";
import type { ClusterStatus } from "./clusterItems.ts";
import type { ExplorerState } from "./tree.ts";

/** Where the explorer's state comes from. */
export interface ExplorerSourceOptions {
  readonly store: BuilderStore;
  readonly connections: ClusterConnections;
  readonly builds: Builds;
  readonly env: NodeJS.ProcessEnv;
  /** The kubeconfig file of the settings; undefined: the default one. */
  readonly kubeconfig: () => string | undefined;
  /** Asks for the state of a builder that is not on Kubernetes. */
  readonly inspect: (builder: Builder) => Promise<BuilderStatus>;
}

/** Several changes within this time are shown together. */
const coalesceMs = 50;
/** Ages are told in minutes at the finest, once the first has passed. */
const ageEveryMs = 60_000;

/** Gathers what the explorer shows, live, between {@link start} and {@link stop}. */
export class ExplorerSource implements Disposable {
  readonly #options: ExplorerSourceOptions;
  readonly #changed = new Emitter<ExplorerState>();
  readonly #followed = new Map<string, { readonly builder: Builder; readonly following: Disposable }>();
  readonly #statuses = new Map<string, BuilderStatus>();
  #running: DisposableStore | undefined;
  #cluster: ClusterStatus = { kind: "loading" };
  #connection: ClusterConnection | undefined;
  #nodes: Disposable | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Fires with everything there is to show, at most twenty times a second. */
  readonly onDidChange: Event<ExplorerState> = this.#changed.event;

  constructor(options: ExplorerSourceOptions) {
    this.#options = options;
  }

  /** Begins to follow builders and cluster. The builders are there at once; the cluster follows. */
  async start(): Promise<void> {
    if (this.#running) return;
    const running = new DisposableStore();
    this.#running = running;
    const { store, builds, env, kubeconfig } = this.#options;
    running.add(store.start());
    running.add(store.onDidChange(() => this.#followBuilders()));
    running.add(builds.onDidChangeList(() => this.#schedule()));
    const ages = setInterval(() => this.#schedule(), ageEveryMs);
    running.add({ dispose: () => clearInterval(ages) });
    running.add(
      onDidChangeFiles(kubeconfigFiles({ path: kubeconfig(), env }), () => {
        if (!this.#connection) void this.#connect();
      }),
    );
    await store.refresh();
    this.#followBuilders();
    this.#publish();
    await this.#connect();
  }

  /** Ends all watches; what was shown stays. */
  stop(): void {
    this.#running?.dispose();
    this.#running = undefined;
    this.#disconnect();
    for (const { following } of this.#followed.values()) following.dispose();
    this.#followed.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  dispose(): void {
    this.stop();
    this.#changed.dispose();
  }

  async #connect(): Promise<void> {
    const running = this.#running;
    try {
      const connection = await this.#options.connections.open({ kubeconfig: this.#options.kubeconfig() });
      if (this.#running !== running) {
        connection.dispose();
        return;
      }
      this.#disconnect();
      this.#connection = connection;
      const nodes = connection.nodes();
      const update = (): void => {
        this.#cluster = { kind: "connected", name: connection.name, nodes: nodes.current };
        this.#schedule();
      };
      this.#nodes = nodes.onDidChange(update);
      update();
    } catch (error) {
      if (this.#running !== running) return;
      this.#cluster = { kind: "unavailable", reason: messageOf(error) };
      this.#schedule();
    }
  }

  #disconnect(): void {
    this.#nodes?.dispose();
    this.#nodes = undefined;
    this.#connection?.dispose();
    this.#connection = undefined;
  }

  #followBuilders(): void {
    const { builders } = this.#options.store;
    for (const [name, { builder, following }] of this.#followed) {
      if (builders.includes(builder)) continue;
      following.dispose();
      this.#followed.delete(name);
      this.#statuses.delete(name);
    }
    for (const builder of builders)
      if (!this.#followed.has(builder.name))
        this.#followed.set(builder.name, { builder, following: this.#follow(builder) });
    this.#schedule();
  }

  #follow(builder: Builder): Disposable {
    const { connections, env, inspect } = this.#options;
    const keep = (status: BuilderStatus): void => {
      this.#statuses.set(builder.name, status);
      this.#schedule();
    };
    if (builder.driver === "kubernetes") return followBuilder(builder, connections, env, ({ status }) => keep(status));
    if (builder.unreadable === undefined)
      inspect(builder).then(keep, (error: unknown) => keep({ kind: "unreachable", reason: messageOf(error) }));
    return { dispose: () => undefined };
  }

  #schedule(): void {
    if (this.#running) this.#timer ??= setTimeout(() => this.#publish(), coalesceMs);
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { store, builds } = this.#options;
    this.#changed.fire({
      builders: store.builders.map((builder) => [builder, this.#statuses.get(builder.name) ?? { kind: "loading" }]),
      cluster: this.#cluster,
      builds: builds.runs.map((run) => run.snapshot()),
      nowMs: Date.now(),
    });
  }
}
