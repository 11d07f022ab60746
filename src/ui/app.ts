import type * as vscode from "vscode";
import { followBuilder } from "../core/builder/follow.ts";
import { BuilderStore } from "../core/buildx/store.ts";
import { ClusterConnections } from "../core/cluster/cluster.ts";
import { DisposableStore } from "../core/event.ts";
import { BuildController } from "./build/buildController.ts";
import { BuilderController } from "./builder/builderController.ts";
import { BuildxAccess } from "./buildxAccess.ts";
import { ExplorerController } from "./explorer/explorerController.ts";
import type { ExplorerView } from "./explorer/explorerView.ts";

/** Everything behind the commands and the tree; made when the first of them is used. */
export class App {
  readonly explorer: ExplorerController;
  readonly builds: BuildController;
  readonly builders: BuilderController;
  readonly #subscriptions = new DisposableStore();

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel, view: ExplorerView) {
    const { env } = process;
    const buildx = this.#subscriptions.add(new BuildxAccess(log));
    const store = this.#subscriptions.add(new BuilderStore(env));
    const connections = this.#subscriptions.add(new ClusterConnections(env));
    this.builds = this.#subscriptions.add(
      new BuildController({
        context,
        log,
        buildx,
        store,
        follow: (builder, onChange) => followBuilder(builder, connections, env, onChange),
      }),
    );
    this.builders = new BuilderController({ context, log, buildx, store, connections, env });
    this.explorer = this.#subscriptions.add(
      new ExplorerController({ view, log, buildx, store, connections, env, builds: this.builds.builds }),
    );
    context.subscriptions.push(this.#subscriptions);
  }

  /** Cancels what runs, and waits for it to end. */
  async shutDown(): Promise<void> {
    await Promise.all([this.builds.shutDown(), this.builders.shutDown()]);
    this.#subscriptions.dispose();
  }
}
