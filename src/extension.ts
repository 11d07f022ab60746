import * as vscode from "vscode";
import { buildPanelType } from "./contributions.ts";
import { setTranslate } from "./core/l10n.ts";
import type { App } from "./ui/app.ts";
import { openSettings, registerCommand, runAction, showError } from "./ui/commands.ts";
import { BuildCodeLens } from "./ui/dockerfile/codeLens.ts";
import { ExplorerView } from "./ui/explorer/explorerView.ts";

let app: Promise<App> | undefined;
let log: vscode.LogOutputChannel | undefined;

/** Registers what the editor must know at once. Everything else is loaded when the first of it is used. */
export function activate(context: vscode.ExtensionContext): void {
  setTranslate((message, ...args) => vscode.l10n.t(message, ...args));
  const channel = vscode.window.createOutputChannel("Multi-Arch Builds", { log: true });
  log = channel;
  const view = new ExplorerView();
  const started = (): Promise<App> => {
    app ??= import("./ui/app.ts").then((module) => new module.App(context, channel, view));
    return app;
  };
  const watchWhenVisible = (): void => {
    if (!view.isVisible) return;
    started()
      .then((it) => it.explorer.start())
      .catch((error: unknown) => showError(error, channel));
  };
  context.subscriptions.push(
    view,
    view.onDidChangeVisibility(watchWhenVisible),
    new BuildCodeLens(),
    vscode.window.registerWebviewPanelSerializer(buildPanelType, {
      deserializeWebviewPanel: async (panel, state: unknown) => (await started()).builds.restore(panel, state),
    }),
    registerCommand("multiArchBuilds.build", channel, async (target, stage) =>
      // Menus hand over something of their own as the second argument.
      (await started()).builds.build(target, typeof stage === "string" ? stage : undefined),
    ),
    registerCommand("multiArchBuilds.buildAgain", channel, async (row) => (await started()).builds.buildAgain(row)),
    registerCommand("multiArchBuilds.cancelBuild", channel, async (row) => (await started()).builds.cancel(row)),
    registerCommand("multiArchBuilds.showBuild", channel, async (row) => (await started()).builds.show(row)),
    registerCommand("multiArchBuilds.createBuilder", channel, async () => (await started()).builders.create()),
    registerCommand("multiArchBuilds.removeBuilder", channel, async (row) => (await started()).builders.remove(row)),
    registerCommand("multiArchBuilds.refresh", channel, async () => (await started()).explorer.refresh()),
    registerCommand("multiArchBuilds.copyName", channel, async (row) => {
      await vscode.env.clipboard.writeText(view.find(row)?.label ?? "");
    }),
    registerCommand("multiArchBuilds.forgetBuilds", channel, async () => (await started()).builds.builds.forget()),
    registerCommand("multiArchBuilds.nextStep", channel, async (row) => {
      const action = view.find(row)?.action;
      if (action) await runAction(action, channel);
    }),
    registerCommand("multiArchBuilds.openSettings", channel, (setting) => openSettings(setting)),
    registerCommand("multiArchBuilds.showLog", channel, () => channel.show()),
  );
  watchWhenVisible();
}

/** Ends what runs; the editor waits a few seconds for it. */
export async function deactivate(): Promise<void> {
  await (await app)?.shutDown();
  log?.dispose();
}
