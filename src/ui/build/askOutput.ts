import * as path from "node:path";
import * as vscode from "vscode";
import { outputFolderOf, remarkOnFolder } from "../../core/build/outputFolder.ts";
import { validateImageReference } from "../../core/buildx/args.ts";
import type { BuildOutput } from "../../core/buildx/buildRequest.ts";
import { relativeInside } from "../../core/files.ts";
import { inputText, pickOne, type Answer, type Choice, type Place } from "../wizard.ts";

/** Asks where a build's result goes. */
export async function askOutput(
  at: Place,
  dockerfile: vscode.Uri,
  remembered: BuildOutput | undefined,
): Promise<Answer<BuildOutput>> {
  const choices: Choice<BuildOutput["kind"]>[] = [
    {
      label: vscode.l10n.t("Local folder"),
      description: vscode.l10n.t("the image's files, one folder per platform"),
      value: "folder",
    },
    {
      label: vscode.l10n.t("Push to a registry"),
      description: vscode.l10n.t("one image reference for all platforms"),
      value: "push",
    },
    { label: vscode.l10n.t("No output"), description: vscode.l10n.t("build only, keep the cache"), value: "none" },
  ];
  for (;;) {
    const kind = await pickOne({
      ...at,
      placeholder: vscode.l10n.t("Output"),
      choices,
      active: choices.find((choice) => choice.value === remembered?.kind),
    });
    if (kind === undefined || kind === "back") return kind;
    const output = await outputOf(kind, at, dockerfile, remembered);
    if (output !== "back") return output;
  }
}

async function outputOf(
  kind: BuildOutput["kind"],
  at: Place,
  dockerfile: vscode.Uri,
  remembered: BuildOutput | undefined,
): Promise<Answer<BuildOutput>> {
  // The value is asked within the same step; «back» returns to the kinds.
  const within = { ...at, step: Math.max(2, at.step) };
  switch (kind) {
    case "none":
      return { kind };
    case "folder": {
      const base = path.dirname(dockerfile.fsPath);
      const value = remembered?.kind === "folder" ? shortPath(base, remembered.path) : "out";
      const sources = [base, vscode.workspace.getWorkspaceFolder(dockerfile)?.uri.fsPath ?? base];
      const answer = await inputText({
        ...within,
        value,
        prompt: vscode.l10n.t("Folder for the files, relative to the Dockerfile's folder."),
        validate: async (text) => {
          if (!text.trim()) return vscode.l10n.t("Name a folder.");
          const remark = await remarkOnFolder(outputFolderOf(text, base), sources);
          return remark?.kind === "risky" ? { warning: remark.text } : remark?.text;
        },
      });
      return answer === undefined || answer === "back" ? answer : { kind, path: outputFolderOf(answer, base) };
    }
    case "push": {
      const answer = await inputText({
        ...within,
        value: remembered?.kind === "push" ? remembered.reference : "",
        prompt: vscode.l10n.t("Image reference to push, for example registry.example.com/team/app:1.0"),
        validate: (text) => validateImageReference(text.trim()),
      });
      return answer === undefined || answer === "back" ? answer : { kind, reference: answer.trim() };
    }
  }
}

/** Relative to `base` where it is below, else absolute. */
function shortPath(base: string, folder: string): string {
  const relative = relativeInside(base, folder);
  return relative === undefined ? folder : relative || ".";
}
