import { stat } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import type { ExplorerRow } from "../../contributions.ts";
import { parseAnswers } from "../../core/build/answers.ts";
import { Builds } from "../../core/build/builds.ts";
import { planBuild } from "../../core/build/plan.ts";
import { placementsOf, type ClusterView } from "../../core/build/placement.ts";
import type { BuildOutput, BuildRequest } from "../../core/build/request.ts";
import type { BuildPlace, BuildRun } from "../../core/build/run.ts";
import type { FollowedBuilder } from "../../core/builder/follow.ts";
import type { Builder } from "../../core/buildx/builder.ts";
import type { BuilderStore } from "../../core/buildx/store.ts";
import { lineFinder } from "../../core/dockerfile/dockerfile.ts";
import { UserError } from "../../core/errors.ts";
import { DisposableStore, type Disposable } from "../../core/event.ts";
import type { BuildxAccess } from "../buildxAccess.ts";
import { showError } from "../commands.ts";
import { setContextKey } from "../contextKey.ts";
import { findDockerfiles, shownPath } from "../dockerfile/findDockerfiles.ts";
import { pickOne } from "../wizard.ts";
import { askBuild } from "./askBuild.ts";
import { BuildDocuments } from "./buildDocuments.ts";
import { BuildPanels } from "./buildPanels.ts";
import { BuildProblems } from "./buildProblems.ts";
import { BuildStatusBar } from "./buildStatusBar.ts";

/** What the controller needs of the rest of the extension. */
export interface BuildControllerOptions {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly buildx: BuildxAccess;
  readonly store: BuilderStore;
  /** Follows the cluster side of a builder, see `followBuilder`. */
  readonly follow: (builder: Builder, onChange: (followed: FollowedBuilder) => void) => Disposable;
}

/** The build commands, from the question to the panel. */
export class BuildController implements Disposable {
  readonly builds: Builds;
  readonly #options: BuildControllerOptions;
  readonly #subscriptions = new DisposableStore();
  readonly #problems: BuildProblems;
  readonly #panels: BuildPanels;

  constructor(options: BuildControllerOptions) {
    this.#options = options;
    this.builds = this.#subscriptions.add(new Builds((error) => void showError(error, options.log)));
    this.#problems = this.#subscriptions.add(new BuildProblems());
    const documents = this.#subscriptions.add(new BuildDocuments(this.builds));
    this.#panels = this.#subscriptions.add(
      new BuildPanels(options.context.extensionUri, options.log, documents, (build) => this.#again(build)),
    );
    this.#subscriptions.add(new BuildStatusBar(this.builds));
    this.#subscriptions.add(this.builds.onDidChangeList(() => this.#setKeys()));
  }

  /** Asks for what is not known and builds. `target` is a Dockerfile, or a builder's row in the explorer. */
  async build(target: vscode.Uri | ExplorerRow | undefined): Promise<void> {
    requireTrust();
    const dockerfile = target instanceof vscode.Uri ? target : await chooseDockerfile();
    if (!dockerfile) return;
    await saveChanges(dockerfile);
    const builders = (await this.#options.store.refresh()).filter((one) => one.unreadable === undefined);
    const called = typeof target === "string" ? builders.find((one) => `builder:${one.name}` === target) : undefined;
    const views = new Map<string, ClusterView | undefined>();
    const following = builders
      .filter((one) => one.driver === "kubernetes")
      .map((one) => this.#options.follow(one, ({ view }) => views.set(one.name, view)));
    try {
      const request = await askBuild({
        dockerfile,
        builders: usefulBuilders(builders),
        builder: called,
        remembered: parseAnswers(this.#options.context.workspaceState.get(answersKey(dockerfile))),
        placements: (builder) => {
          const platforms = [...new Set(builder.nodes.flatMap((node) => node.platforms))];
          return placementsOf(planBuild(builder, platforms), views.get(builder.name));
        },
      });
      if (request) await this.#start(request);
    } finally {
      for (const one of following) one.dispose();
    }
  }

  /** Repeats a build with the same answers: the one of the row, else the latest. */
  async buildAgain(row: ExplorerRow | undefined): Promise<void> {
    requireTrust();
    const build = this.#find(row);
    if (build) await this.#start(build.request);
  }

  cancel(row: ExplorerRow | undefined): void {
    const build = this.#find(row) ?? this.builds.runs.find((run) => !run.hasEnded);
    build?.cancel();
  }

  show(row: ExplorerRow | undefined): void {
    const build = this.#find(row);
    if (build) this.#panels.show(build);
  }

  /** Cancels what runs, and waits until it has ended. */
  async shutDown(): Promise<void> {
    await this.builds.cancelAll();
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** Without a row: the build of the active panel, else the newest that runs, else the newest. */
  #find(row: ExplorerRow | undefined): BuildRun | undefined {
    if (row !== undefined) return this.builds.find(row.replace(/^build:/, ""));
    return this.#panels.active ?? this.builds.runs.find((run) => !run.hasEnded) ?? this.builds.runs[0];
  }

  #again(build: BuildRun): void {
    this.#start(build.request).catch((error: unknown) => showError(error, this.#options.log));
  }

  async #start(request: BuildRequest): Promise<void> {
    const { store, buildx, context, follow } = this.#options;
    const [cli, builders, text] = await Promise.all([
      buildx.get(),
      store.refresh(),
      readDockerfile(request.dockerfile),
    ]);
    const builder = builders.find((one) => one.name === request.builder);
    if (!builder)
      throw new UserError(vscode.l10n.t("The builder “{0}” does not exist any more.", request.builder), {
        action: "createBuilder",
      });
    const uri = vscode.Uri.file(request.dockerfile);
    const labels = { dockerfile: shownPath(uri), output: shownOutput(request.output) };
    const build = this.builds.start(cli, { request, builder, labels, lineOf: lineFinder(text) });
    this.#problems.clear(build);
    this.#panels.show(build);
    this.#watch(build, follow, builder);
    await context.workspaceState.update(answersKey(uri), request);
  }

  /** Keeps the build's places up to date while it runs, and reports it when it has ended. */
  #watch(build: BuildRun, follow: BuildControllerOptions["follow"], builder: Builder): void {
    const following =
      builder.driver === "kubernetes"
        ? follow(builder, (followed) => build.setPlace(placeOf(build, followed)))
        : undefined;
    const ended = build.onDidChange(() => {
      if (!build.hasEnded) return;
      ended.dispose();
      following?.dispose();
      this.#problems.report(build).catch((error: unknown) => showError(error, this.#options.log));
    });
  }

  #setKeys(): void {
    setContextKey("multiArchBuilds.hasBuilds", this.builds.runs.length > 0);
    setContextKey(
      "multiArchBuilds.isBuilding",
      this.builds.runs.some((run) => !run.hasEnded),
    );
  }
}

function placeOf(build: BuildRun, { status, view }: FollowedBuilder): BuildPlace {
  const placements = placementsOf(build.plan, view);
  if (status.kind !== "kubernetes") return { placements };
  return { placements, cluster: status.cluster.name, namespace: status.cluster.namespace };
}

function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError(vscode.l10n.t("A build runs what the workspace says, and this workspace is not trusted."), {
    remedy: vscode.l10n.t("Trust it first, when you know where it comes from."),
    action: "manageTrust",
  });
}

async function chooseDockerfile(): Promise<vscode.Uri | undefined> {
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

/** buildx reads files, not editors. */
async function saveChanges(dockerfile: vscode.Uri): Promise<void> {
  const open = vscode.workspace.textDocuments.find((one) => one.uri.toString() === dockerfile.toString());
  if (open?.isDirty) await open.save();
}

async function readDockerfile(file: string): Promise<string> {
  const exists = await stat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (!exists) throw new UserError(vscode.l10n.t("The Dockerfile is not there any more: {0}", file));
  return (await vscode.workspace.openTextDocument(vscode.Uri.file(file))).getText();
}

/** Builders that build several platforms natively; Docker's own, which emulate, only where there is no other. */
function usefulBuilders(builders: readonly Builder[]): readonly Builder[] {
  const capable = builders.filter((builder) => builder.driver !== "docker");
  const offered = capable.length > 0 ? capable : builders.filter((builder) => builder.isCurrent);
  return offered.toSorted((a, b) => rank(a) - rank(b));
}

function rank(builder: Builder): number {
  return (builder.isCurrent ? 0 : 1) + (builder.driver === "kubernetes" ? 0 : 2);
}

function shownOutput(output: BuildOutput): string {
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

function answersKey(dockerfile: vscode.Uri): string {
  return `answers:${dockerfile.toString()}`;
}
