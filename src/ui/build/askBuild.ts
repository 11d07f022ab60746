import * as path from "node:path";
import * as vscode from "vscode";
import type { RememberedAnswers } from "../../core/build/answers.ts";
import type { BuildOutput, BuildRequest } from "../../core/buildx/buildRequest.ts";
import type { Placement } from "../../core/build/snapshot.ts";
import type { Builder } from "../../core/buildx/builder.ts";
import { UserError } from "../../core/errors.ts";
import type { Platform } from "../../core/platform.ts";
import { pickOne, Wizard, type Answer, type Choice, type Place } from "../wizard.ts";
import { askOutput } from "./askOutput.ts";
import { askPlatforms } from "./askPlatforms.ts";

/** What is known before anything is asked. */
export interface Known {
  readonly dockerfile: vscode.Uri;
  /** The stage to end with; absent: all of it is built. */
  readonly stage?: string | undefined;
  /** Builders that can be used, at least one, the best guess first. */
  readonly builders: readonly Builder[];
  readonly remembered?: RememberedAnswers | undefined;
  /** Where each of a builder's platforms would be built, as far as the cluster tells in a moment. */
  readonly placements: (builder: Builder) => Promise<readonly Placement[]>;
}

/** Asks for what is not known of a build: builder, platforms, output, and the build context where it is ambiguous. */
export async function askBuild(known: Known): Promise<BuildRequest | undefined> {
  const { dockerfile, remembered, stage } = known;
  const contexts = possibleContexts(dockerfile, remembered);
  const first = known.builders.find((one) => one.name === remembered?.builder) ?? known.builders[0];
  if (!first) throw noBuilder();
  let builder: Builder = first;
  let platforms: readonly Platform[] = [];
  let output: BuildOutput | undefined;
  let buildContext = remembered?.buildContext ?? contexts[0] ?? path.dirname(dockerfile.fsPath);

  const shown = vscode.workspace.asRelativePath(dockerfile);
  const wizard = new Wizard(
    stage === undefined
      ? vscode.l10n.t("Build multi-arch: {0}", shown)
      : vscode.l10n.t("Build stage {0} of {1}", stage, shown),
  );
  if (known.builders.length > 1)
    wizard.add(
      (at) => askBuilder(at, known.builders, builder),
      (value) => (builder = value),
    );
  wizard.add(
    (at) => askPlatforms(at, builder, known.placements(builder), remembered),
    (value) => (platforms = value),
  );
  if (contexts.length > 1)
    wizard.add(
      (at) => askContext(at, contexts, buildContext),
      (value) => (buildContext = value),
    );
  wizard.add(
    (at) => askOutput(at, dockerfile, remembered?.output),
    (value) => (output = value),
  );
  const isComplete = await wizard.run();
  if (!isComplete || !output) return undefined;
  const request = { dockerfile: dockerfile.fsPath, buildContext, builder: builder.name, platforms, output };
  return stage === undefined ? request : { ...request, target: stage };
}

function askBuilder(at: Place, builders: readonly Builder[], active: Builder): Promise<Answer<Builder>> {
  const choices = builders.map((builder) => ({
    label: builder.name,
    description: [builder.driver, builder.isCurrent ? vscode.l10n.t("current") : ""].filter(Boolean).join(" · "),
    detail: builder.nodes.flatMap((node) => node.platforms).join(", "),
    value: builder,
  }));
  return pickOne({
    ...at,
    placeholder: vscode.l10n.t("Builder"),
    choices,
    active: choices.find((choice) => choice.value === active),
  });
}

async function askContext(at: Place, contexts: readonly string[], active: string): Promise<Answer<string>> {
  const choices: Choice<string | undefined>[] = contexts.map((folder) => ({
    label: vscode.workspace.asRelativePath(folder, false) || folder,
    description: folder,
    value: folder,
  }));
  const browse = { label: vscode.l10n.t("Browse…"), value: "", alwaysShow: true };
  for (;;) {
    const answer = await pickOne({
      ...at,
      placeholder: vscode.l10n.t("Build context: the folder whose files COPY and ADD see"),
      choices: [...choices, browse],
      active: choices.find((choice) => choice.value === active),
    });
    if (answer !== browse.value) return answer;
    const [folder] = (await vscode.window.showOpenDialog(folderDialog(active))) ?? [];
    if (folder) return folder.fsPath;
  }
}

function folderDialog(folder: string): vscode.OpenDialogOptions {
  return {
    canSelectFiles: false,
    canSelectFolders: true,
    defaultUri: vscode.Uri.file(folder),
    openLabel: vscode.l10n.t("Use as Build Context"),
  };
}

/** The folders that can be meant as build context, from the Dockerfile's own up to the workspace's. */
function possibleContexts(dockerfile: vscode.Uri, remembered: RememberedAnswers | undefined): readonly string[] {
  const workspace = vscode.workspace.getWorkspaceFolder(dockerfile)?.uri.fsPath;
  const folders = [path.dirname(dockerfile.fsPath)];
  for (const folder of folders) {
    if (workspace !== undefined && folder.startsWith(workspace + path.sep)) folders.push(path.dirname(folder));
  }
  return [...new Set(remembered ? [remembered.buildContext, ...folders] : folders)];
}

/** What is said where there is nothing to build several platforms with. */
export function noBuilder(): UserError {
  return new UserError(vscode.l10n.t("There is no builder for several platforms yet."), {
    remedy: vscode.l10n.t("Create one: it takes a few seconds, one BuildKit pod per architecture."),
    action: "createBuilder",
  });
}
