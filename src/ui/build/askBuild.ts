import * as path from "node:path";
import * as vscode from "vscode";
import type { RememberedAnswers } from "../../core/build/answers.ts";
import type { BuildOutput, BuildRequest } from "../../core/buildx/buildRequest.ts";
import type { Placement } from "../../core/build/snapshot.ts";
import { outputFolderOf, remarkOnFolder } from "../../core/build/outputFolder.ts";
import { validateImageReference } from "../../core/buildx/args.ts";
import type { Builder } from "../../core/buildx/builder.ts";
import { UserError } from "../../core/errors.ts";
import { isKnownPlatform, normalizePlatform, type Platform } from "../../core/platform.ts";
import { inputText, pickMany, pickOne, Wizard, type Answer, type Choice, type Choices, type Place } from "../wizard.ts";

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

function askPlatforms(
  at: Place,
  builder: Builder,
  placements: Promise<readonly Placement[]>,
  remembered: RememberedAnswers | undefined,
): Promise<Answer<readonly Platform[]>> {
  const load = placements.then((known) => platformChoices(builder, known, remembered));
  const placeholder = vscode.l10n.t("Platforms; others can be typed, for example linux/riscv64");
  return pickMany({ ...at, placeholder, load, typed: typedPlatforms });
}

function platformChoices(
  builder: Builder,
  placements: readonly Placement[],
  remembered: RememberedAnswers | undefined,
): Choices<Platform> {
  const declared = [...new Set(builder.nodes.flatMap((node) => node.platforms))];
  const offered = declared.length > 0 ? declared : ["linux/amd64", "linux/arm64"];
  const choices = offered.map((platform): Choice<Platform> => {
    const placement = placements.find((one) => one.platform === platform);
    return { label: platform, description: placement ? describe(placement) : "", value: platform };
  });
  // Typed in for this builder the last time; another one may well have them declared or not know them at all.
  const typed = remembered?.builder === builder.name ? remembered.platforms : [];
  choices.push(...undeclaredChoices(typed, choices));
  const kept = choices.filter((choice) => remembered?.platforms.includes(choice.value));
  const native = choices.filter((choice) =>
    placements.some((one) => one.platform === choice.value && one.nativeness !== "emulated"),
  );
  return { choices, selected: kept.length > 0 ? kept : native };
}

/** The platforms of a text that are not offered; ticked, unless the text may be the beginning of one that is. */
function typedPlatforms(text: string, offered: readonly Choice<Platform>[]): readonly Choice<Platform>[] {
  const words = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const named = words.filter(isKnownPlatform).flatMap((word) => normalizePlatform(word) ?? []);
  const isFilter = words.some((word) => offered.some((choice) => choice.value.startsWith(word)));
  return undeclaredChoices(named, offered).map((choice) => ({ ...choice, picked: !isFilter }));
}

/** With a platform that no node is declared for, buildx chooses the nodes anew for all of them (see `planBuild`). */
function undeclaredChoices(
  platforms: readonly Platform[],
  offered: readonly Choice<Platform>[],
): readonly Choice<Platform>[] {
  const description = vscode.l10n.t("no node is declared for it: buildx may emulate it, and the others too");
  return [...new Set(platforms)]
    .filter((platform) => !offered.some((choice) => choice.value === platform))
    .map((platform) => ({ label: platform, description, value: platform, alwaysShow: true }));
}

/** Where a platform is built, in words: `native on kube-a1`. */
function describe({ nativeness, clusterNodes, builderNode }: Placement): string {
  const where = clusterNodes && clusterNodes.length > 0 ? clusterNodes.join(", ") : (builderNode ?? "");
  switch (nativeness) {
    case "native":
      return vscode.l10n.t("native on {0}", where);
    case "emulated":
      return vscode.l10n.t("emulated on {0}", where);
    case "unknown":
      return where;
  }
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

async function askOutput(
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
  const relative = path.relative(base, folder);
  return relative.startsWith("..") ? folder : relative || ".";
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
