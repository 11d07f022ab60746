import { isDeepStrictEqual } from "node:util";
import type { Builds } from "../build/builds.ts";
import type { BusyBuilders } from "../builder/busy.ts";
import { followBuilder } from "../builder/follow.ts";
import type { BuilderStatus } from "../builder/status.ts";
import type { Builder } from "../buildx/builder.ts";
import type { BuilderStore } from "../buildx/store.ts";
import type { ClusterConnection, ClusterConnections } from "../cluster/cluster.ts";
import { onDidChangeFiles } from "../fileChanges.ts";
import { kubeconfigFiles, NoKubeconfig } from "../cluster/kubeconfig.ts";
import { troubleOf } from "../errors.ts";
import { DisposableStore, Emitter, type Disposable, type Event } from "../event.ts";
import type { ClusterStatus } from "./clusterItems.ts";
import type { ExplorerState } from "./tree.ts";

/** Where the explorer's state comes from. */
export interface ExplorerSourceOptions {
  readonly store: BuilderStore;
  readonly connections: ClusterConnections;
  readonly builds: Builds;
  readonly busy: BusyBuilders;
  readonly env: NodeJS.ProcessEnv;
  /** The kubeconfig file of the settings; undefined: the default one. */
  readonly kubeconfig: () => string | undefined;
  /** Asks for the state of a builder that is not on Kubernetes. */
  readonly inspect: (builder: Builder) => Promise<BuilderStatus>;
}

/** Whether it is the current one makes no difference for where it is and how it is. */
function isSameSetup(a: Builder, b: Builder): boolean {
  return isDeepStrictEqual({ ...a, isCurrent: false }, { ...b, isCurrent: false });
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
  /** Ids of the builds whose end has been taken note of. */
  #ended = new Set<string>();
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
    const { store, builds, busy, env, kubeconfig } = this.#options;
    running.add(store.start());
    running.add(store.onDidChange(() => this.#followBuilders()));
    running.add(
      builds.onDidChangeList(() => {
        this.#inspectAgain();
        this.#schedule();
      }),
    );
    running.add(busy.onDidChange(() => this.#schedule()));
    const ages = setInterval(() => this.#schedule(), ageEveryMs);
    running.add({ dispose: () => clearInterval(ages) });
    running.add(
      onDidChangeFiles(kubeconfigFiles({ path: kubeconfig(), env }), () => {
        if (!this.#connection) void this.#connect();
      }),
    );
    await store.refresh();
    if (this.#running !== running) return; // stopped meanwhile
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
      this.#cluster = { kind: error instanceof NoKubeconfig ? "missing" : "unavailable", ...troubleOf(error) };
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
      if (builders.some((one) => isSameSetup(one, builder))) continue;
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
    const { connections, env } = this.#options;
    if (builder.driver === "kubernetes")
      return followBuilder(builder, connections, env, ({ status }) => this.#keep(builder, status));
    this.#inspect(builder);
    return { dispose: () => undefined };
  }

  #inspect(builder: Builder): void {
    if (builder.unreadable !== undefined) return;
    this.#options.inspect(builder).then(
      (status) => this.#keep(builder, status),
      (error: unknown) => this.#keep(builder, { kind: "unreachable", ...troubleOf(error) }),
    );
  }

  /** A build may have started the machine of a builder that nobody watches. */
  #inspectAgain(): void {
    const ended = this.#options.builds.runs.filter((run) => run.hasEnded);
    const used = new Set(ended.filter(({ id }) => !this.#ended.has(id)).map(({ request }) => request.builder));
    this.#ended = new Set(ended.map(({ id }) => id));
    for (const { builder } of this.#followed.values())
      if (used.has(builder.name) && builder.driver !== "kubernetes") this.#inspect(builder);
  }

  #keep({ name }: Builder, status: BuilderStatus): void {
    this.#statuses.set(name, status);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#running) this.#timer ??= setTimeout(() => this.#publish(), coalesceMs);
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { store, builds, busy } = this.#options;
    this.#changed.fire({
      builders: store.builders.map((builder) => [builder, this.#statuses.get(builder.name) ?? { kind: "loading" }]),
      cluster: this.#cluster,
      builds: builds.shown.map((build) => build.summary()),
      busy,
      nowMs: Date.now(),
    });
  }
}
