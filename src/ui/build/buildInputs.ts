import { readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import type { BuildOutput, BuildRequest } from "../../core/buildx/buildRequest.ts";
import type { Builder } from "../../core/buildx/builder.ts";
import { UserError } from "../../core/errors.ts";
import { findDockerfiles, shownPath } from "../dockerfile/findDockerfiles.ts";
import { pickOne } from "../wizard.ts";

/** @throws UserError in an untrusted workspace */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError(vscode.l10n.t("A build runs what the workspace says, and this workspace is not trusted."), {
    remedy: vscode.l10n.t("Trust it first, when you know where it comes from."),
    action: "manageTrust",
  });
}

/** The Dockerfile in the active editor, else the workspace's only one, else the one the user chooses. */
export async function chooseDockerfile(): Promise<vscode.Uri | undefined> {
  const active = vscode.window.activeTextEditor?.document;
  if (active?.languageId === "dockerfile" && active.uri.scheme === "file") return active.uri;
  const found = await findDockerfiles();
  const [only] = found;
  if (!only) {
    throw new UserError(vscode.l10n.t("There is no Dockerfile in this workspace."), {
      remedy: vscode.l10n.t("Open a folder that has one, or open the Dockerfile itself."),
    });
  }
  if (found.length === 1) return only;
  const answer = await pickOne({
    title: vscode.l10n.t("Build multi-arch"),
    step: 1,
    totalSteps: 1,
    placeholder: vscode.l10n.t("Dockerfile"),
    choices: found.map((uri) => ({ label: shownPath(uri), value: uri })),
  });
  return answer === "back" ? undefined : answer;
}

/**
 * The text of a build's Dockerfile as buildx will read it. buildx reads files, not editors, so what is changed there or
 * in the build context is saved first.
 *
 * @throws UserError when the Dockerfile is gone or a file cannot be saved
 */
export async function savedText({ dockerfile: file, buildContext }: BuildRequest): Promise<string> {
  const exists = await stat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (!exists) throw new UserError(vscode.l10n.t("The Dockerfile is not there any more: {0}", file));
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  const context = `${path.resolve(buildContext)}${path.sep}`;
  for (const other of vscode.workspace.textDocuments) {
    const isRead = other === document || (other.uri.scheme === "file" && other.uri.fsPath.startsWith(context));
    if (isRead && other.isDirty && !(await other.save()))
      throw new UserError(vscode.l10n.t("The file could not be saved: {0}", other.uri.fsPath));
  }
  // As it is on the disk: the editor may have read it in another encoding, or before it was replaced there.
  return (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
}

/**
 * Builders that build several platforms natively, the best guess first. Docker's own is not one of them: it is listed
 * on every machine, also where no Docker runs. From its row in the explorer it can be used all the same.
 */
export function usefulBuilders(builders: readonly Builder[]): readonly Builder[] {
  return builders.filter((builder) => builder.driver !== "docker").toSorted((a, b) => rank(a) - rank(b));
}

function rank(builder: Builder): number {
  return (builder.isCurrent ? 0 : 1) + (builder.driver === "kubernetes" ? 0 : 2);
}

/** Where a build's result goes, as shown. */
export function shownOutput(output: BuildOutput): string {
  switch (output.kind) {
    case "folder": {
      const shown = vscode.workspace.asRelativePath(output.path);
      return path.isAbsolute(shown) ? shown : `./${shown}`;
    }
    case "push":
      return output.reference;
    case "none":
      return "";
  }
}
