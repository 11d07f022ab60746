import * as vscode from "vscode";
import { BusyBuilders } from "../core/builder/busy.ts";
import { BuilderUpkeep } from "../core/builder/upkeep.ts";
import { followBuilder } from "../core/builder/follow.ts";
import { isPinned } from "../core/builder/pins.ts";
import { BuilderStore } from "../core/buildx/store.ts";
import { ClusterConnections } from "../core/cluster/cluster.ts";
import { DisposableStore } from "../core/event.ts";
import { BuildController } from "./build/buildController.ts";
import { BuilderController } from "./builder/builderController.ts";
import { BuildxAccess } from "./buildxAccess.ts";
import { ExplorerController } from "./explorer/explorerController.ts";
import type { ExplorerView } from "./explorer/explorerView.ts";

/** The editor gives us five seconds at its end. What has not ended by itself by then would be left running. */
const patienceMs = 3_000;

/** Everything behind the commands and the tree; made when the first of them is used. */
export class App {
  readonly explorer: ExplorerController;
  readonly builds: BuildController;
  readonly builders: BuilderController;
  readonly #subscriptions = new DisposableStore();
  readonly #buildx: BuildxAccess;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel, view: ExplorerView) {
    const { env } = process;
    const buildx = this.#subscriptions.add(new BuildxAccess(log, context.globalState));
    this.#buildx = buildx;
    const store = this.#subscriptions.add(new BuilderStore(env));
    const kubeconfigFolder = vscode.Uri.joinPath(context.globalStorageUri, "kubeconfigs").fsPath;
    const connections = this.#subscriptions.add(new ClusterConnections(env));
    this.builds = this.#subscriptions.add(
      new BuildController({
        context,
        log,
        buildx,
        store,
        follow: (builder, onChange, { quickens = false } = {}) =>
          followBuilder(builder, connections, env, onChange, {
            quickens: quickens && isPinned(builder, kubeconfigFolder),
          }),
      }),
    );
    const upkeep = this.#subscriptions.add(
      new BuilderUpkeep({
        cli: () => buildx.get(),
        env,
        connections,
        kubeconfigFolder,
        onNote: (text) => log.info(text),
      }),
    );
    void upkeep.run();
    const busy = this.#subscriptions.add(new BusyBuilders());
    const { builds } = this.builds;
    const shared = { busy, log, buildx, store, connections, env, builds };
    this.builders = new BuilderController({ ...shared, kubeconfigFolder, upkeep });
    this.explorer = this.#subscriptions.add(new ExplorerController({ ...shared, view }));
  }

  /**
   * Cancels what runs, and waits for it to end. Not among the context's subscriptions: the editor disposes of them
   * while it waits for this, and buildx is needed to take back a builder that is half made.
   */
  async shutDown(): Promise<void> {
    const late = setTimeout(() => this.#buildx.kill(), patienceMs);
    await Promise.allSettled([this.builds.shutDown(), this.builders.shutDown()]);
    clearTimeout(late);
    this.#subscriptions.dispose();
  }
}
