import type * as vscode from "vscode";
import type { Builds } from "../../core/build/builds.ts";
import type { BusyBuilders } from "../../core/builder/busy.ts";
import type { BuilderStatus } from "../../core/builder/status.ts";
import type { Builder } from "../../core/buildx/builder.ts";
import { readBuilderStatus } from "../../core/buildx/status.ts";
import type { BuilderStore } from "../../core/buildx/store.ts";
import type { ClusterConnections } from "../../core/cluster/cluster.ts";
import { BuildxMissing } from "../../core/buildx/find.ts";
import { troubleOf } from "../../core/errors.ts";
import { DisposableStore, type Disposable } from "../../core/event.ts";
import { ExplorerSource } from "../../core/explorer/source.ts";
import { explorerTree, type ExplorerState } from "../../core/explorer/tree.ts";
import type { BuildxAccess } from "../buildxAccess.ts";
import { showError } from "../commands.ts";
import { setContextKey } from "../contextKey.ts";
import { onDidChangeSetting, setting } from "../settings.ts";
import type { ExplorerView } from "./explorerView.ts";

/** What the controller needs of the rest of the extension. */
export interface ExplorerControllerOptions {
  readonly view: ExplorerView;
  readonly log: vscode.LogOutputChannel;
  readonly buildx: BuildxAccess;
  readonly store: BuilderStore;
  readonly connections: ClusterConnections;
  readonly env: NodeJS.ProcessEnv;
  readonly builds: Builds;
  readonly busy: BusyBuilders;
}

/** Watches end this long after the tree was hidden: looking away for a moment costs nothing. */
const lingerMs = 60_000;

/** Brings the state of builders and cluster into the tree, while it is visible. */
export class ExplorerController implements Disposable {
  readonly #options: ExplorerControllerOptions;
  readonly #source: ExplorerSource;
  readonly #subscriptions = new DisposableStore();
  #lingering: NodeJS.Timeout | undefined;
  #buildxProblem: unknown;
  #shown: ExplorerState | undefined;

  constructor(options: ExplorerControllerOptions) {
    this.#options = options;
    const { view, buildx, store, connections, builds, busy, env, log } = options;
    this.#source = this.#subscriptions.add(
      new ExplorerSource({
        store,
        connections,
        builds,
        busy,
        env,
        kubeconfig: () => setting("kubeconfig") || undefined,
        inspect: async (builder) => this.#inspect(builder),
      }),
    );
    this.#subscriptions.add(this.#source.onDidChange((state) => this.#show(state)));
    this.#subscriptions.add(view.onDidChangeVisibility((isVisible) => this.#visibility(isVisible)));
    this.#subscriptions.add(
      onDidChangeSetting(["kubeconfig", "buildx.path"], () => {
        buildx.forget();
        this.refresh().catch((error: unknown) => showError(error, log));
      }),
    );
  }

  /** Begins to show; again and again is fine. */
  async start(): Promise<void> {
    this.#visibility(true);
    const lookForBuildx = this.#options.buildx.get().then(
      () => this.#setBuildxProblem(undefined),
      (error: unknown) => {
        this.#options.log.error(error instanceof Error ? error.message : String(error));
        this.#setBuildxProblem(error);
      },
    );
    await Promise.all([this.#source.start(), lookForBuildx]);
  }

  async refresh(): Promise<void> {
    this.#options.buildx.forget();
    this.#source.stop();
    if (this.#options.view.isVisible) await this.start();
  }

  dispose(): void {
    clearTimeout(this.#lingering);
    this.#subscriptions.dispose();
  }

  #visibility(isVisible: boolean): void {
    clearTimeout(this.#lingering);
    this.#lingering = isVisible ? undefined : setTimeout(() => this.#source.stop(), lingerMs);
  }

  async #inspect(builder: Builder): Promise<BuilderStatus> {
    const cli = await this.#options.buildx.get();
    const status = await readBuilderStatus(cli, builder.name);
    return status.kind === "known"
      ? { kind: "nodes", nodes: status.nodes }
      : { kind: "unreachable", reason: status.reason };
  }

  #setBuildxProblem(problem: unknown): void {
    const hasChanged = problem !== this.#buildxProblem;
    this.#buildxProblem = problem;
    if (hasChanged && this.#shown) this.#show(this.#shown);
  }

  #show(state: ExplorerState): void {
    this.#shown = state;
    const hasBuilders = state.builders.some(([builder]) => builder.path !== undefined);
    const isClusterMissing = state.cluster.kind === "missing" && !hasBuilders && state.builds.length === 0;
    setContextKey("multiArchBuilds.isClusterMissing", isClusterMissing);
    // An empty tree is what makes the editor show the welcome that fits.
    const isBuildxMissing = this.#buildxProblem instanceof BuildxMissing;
    const isEmpty = isClusterMissing || (isBuildxMissing && !hasBuilders);
    const buildx = this.#buildxProblem === undefined ? undefined : troubleOf(this.#buildxProblem);
    this.#options.view.show(isEmpty ? [] : explorerTree({ ...state, buildx }));
  }
}
