import * as vscode from "vscode";
import { extensionPrefix, type CommandArguments, type CommandId } from "../contributions.ts";
import { isAbort, messageOf, UserError, type ErrorAction } from "../core/errors.ts";
import type { Disposable } from "../core/event.ts";
import { showErrorText } from "./messages.ts";

/** Registers a command. The one place where what a command throws reaches the user. */
export function registerCommand<K extends CommandId>(
  id: K,
  log: vscode.LogOutputChannel,
  run: (...args: CommandArguments[K]) => unknown,
): Disposable {
  return vscode.commands.registerCommand(id, async (...args: CommandArguments[K]) => {
    try {
      await run(...args);
    } catch (error) {
      await showError(error, log);
    }
  });
}

/** Tells the user of a failure: what, why, the next step, and a button where one helps. Cancellation is silent. */
export async function showError(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  if (isAbort(error)) return;
  const isExpected = error instanceof UserError;
  log.error(isExpected ? error.message : error instanceof Error ? error : messageOf(error));
  if (isExpected && error.cause !== undefined)
    log.error(error.cause instanceof Error ? error.cause : messageOf(error.cause));
  const text = isExpected
    ? [error.message, error.remedy].filter(Boolean).join(" ")
    : vscode.l10n.t("This is a bug in Multi-Arch Builds: {0}", messageOf(error));
  const button = actionButton(isExpected ? error.action : "showLog", log);
  const showLog = actionButton("showLog", log);
  const buttons = button.title === showLog.title ? [showLog] : [button, showLog];
  const chosen = await showErrorText(text, ...buttons);
  await chosen?.run();
}

/** Takes the next step of a failure, as its button would. */
export async function runAction(action: ErrorAction, log: vscode.LogOutputChannel): Promise<void> {
  await actionButton(action, log).run();
}

interface ActionButton extends vscode.MessageItem {
  readonly run: () => unknown;
}

function actionButton(action: ErrorAction | undefined, log: vscode.LogOutputChannel): ActionButton {
  switch (action) {
    case "openSettings":
      return { title: vscode.l10n.t("Open Settings"), run: () => openSettings() };
    case "openKubeconfig":
      return { title: vscode.l10n.t("Choose Kubeconfig"), run: () => openSettings("multiArchBuilds.kubeconfig") };
    case "installBuildx":
      return {
        title: vscode.l10n.t("How to Install"),
        run: openInstallPage,
      };
    case "createBuilder":
      return { title: vscode.l10n.t("Create Builder…"), run: () => runCommand("multiArchBuilds.createBuilder") };
    case "manageTrust":
      return {
        title: vscode.l10n.t("Manage Workspace Trust"),
        run: () => vscode.commands.executeCommand("workbench.trust.manage"),
      };
    case "refresh":
      return { title: vscode.l10n.t("Refresh"), run: () => runCommand("multiArchBuilds.refresh") };
    case "showLog":
    case undefined:
      return { title: vscode.l10n.t("Show Log"), run: () => log.show() };
  }
}

/** Opens the page that tells how to install buildx. */
export function openInstallPage(): Thenable<boolean> {
  return vscode.env.openExternal(vscode.Uri.parse("https://docs.docker.com/go/buildx/"));
}

/** Runs one of our own commands, with its arguments checked. */
export function runCommand<K extends CommandId>(id: K, ...args: CommandArguments[K]): Thenable<unknown> {
  return vscode.commands.executeCommand(id, ...args);
}

/**
 * Shows our settings, or the one of that id. They belong to the machine where builds are started: the editor lists
 * them under the remote one where there is one.
 */
export function openSettings(query: string = extensionPrefix): Thenable<unknown> {
  const isRemote = vscode.env.remoteName !== undefined;
  return vscode.commands.executeCommand(`workbench.action.open${isRemote ? "Remote" : ""}Settings`, { query });
}
