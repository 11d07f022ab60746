import * as vscode from "vscode";
import type { ExplorerRow } from "../../contributions.ts";
import { parseAnswers, type RememberedAnswers } from "../../core/build/answers.ts";
import { Builds } from "../../core/build/builds.ts";
import { formatDuration } from "../../core/build/format.ts";
import { planBuild } from "../../core/build/plan.ts";
import { placementsOf } from "../../core/build/placement.ts";
import type { BuildRequest } from "../../core/buildx/buildRequest.ts";
import { avoidsTerminatingPods } from "../../core/buildx/version.ts";
import type { BuildRun } from "../../core/build/run.ts";
import { buildLabel, type ShownBuild } from "../../core/build/shownBuild.ts";
import type { Placement } from "../../core/build/snapshot.ts";
import type { ClusterView } from "../../core/builder/status.ts";
import type { FollowedBuilder, FollowOptions } from "../../core/builder/follow.ts";
import type { Builder } from "../../core/buildx/builder.ts";
import type { BuilderStore } from "../../core/buildx/store.ts";
import { checkDockerfile, type DockerfileProblem } from "../../core/dockerfile/check.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { DisposableStore, type Disposable } from "../../core/event.ts";
import type { BuildxAccess } from "../buildxAccess.ts";
import { showError } from "../commands.ts";
import { setContextKey } from "../contextKey.ts";
import { shownPath } from "../dockerfile/findDockerfiles.ts";
import { showErrorText, showText } from "../messages.ts";
import { setting } from "../settings.ts";
import { pickOne } from "../wizard.ts";
import { askBuild, noBuilder } from "./askBuild.ts";
import { chooseDockerfile, requireTrust, savedText, shownOutput, usefulBuilders } from "./buildInputs.ts";
import { BuildDocuments } from "./buildDocuments.ts";
import { BuildPanels } from "./buildPanels.ts";
import { BuildProblems } from "./buildProblems.ts";
import { hintAtSentOutput } from "./outputHint.ts";
import { BuildStatusBar } from "./buildStatusBar.ts";
import { LineTimings } from "../dockerfile/lineTimings.ts";

/** What the controller needs of the rest of the extension. */
export interface BuildControllerOptions {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly buildx: BuildxAccess;
  readonly store: BuilderStore;
  /** Follows the cluster side of a builder, see `followBuilder`. */
  readonly follow: (
    builder: Builder,
    onChange: (followed: FollowedBuilder) => void,
    options?: FollowOptions,
  ) => Disposable;
}

/** A cluster that needs longer is not waited for when platforms are asked. */
const patienceMs = 1_500;

/** The build commands, from the question to the panel. */
export class BuildController implements Disposable {
  readonly builds: Builds;
  readonly #options: BuildControllerOptions;
  readonly #subscriptions = new DisposableStore();
  readonly #problems: BuildProblems;
  readonly #lineTimings: LineTimings;
  readonly #panels: BuildPanels;

  constructor(options: BuildControllerOptions) {
    this.#options = options;
    const folder = vscode.Uri.joinPath(options.context.storageUri ?? options.context.globalStorageUri, "builds").fsPath;
    this.builds = this.#subscriptions.add(new Builds((error) => void showError(error, options.log), folder));
    this.builds.remember().catch((error: unknown) => showError(error, options.log));
    this.#problems = this.#subscriptions.add(new BuildProblems());
    this.#lineTimings = this.#subscriptions.add(new LineTimings());
    const documents = this.#subscriptions.add(new BuildDocuments(this.builds));
    this.#panels = this.#subscriptions.add(
      new BuildPanels(options.context.extensionUri, options.log, documents, (request) => this.#again(request)),
    );
    this.#subscriptions.add(new BuildStatusBar(this.builds));
    this.#subscriptions.add(
      this.builds.onDidChangeList(() => {
        this.#setKeys();
        this.#lineTimings.keepOnly(this.builds.runs);
      }),
    );
  }

  /**
   * Asks for what is not known and builds. `target` is a Dockerfile, or a builder's row in the explorer; `stage` the
   * stage to end with, else all of it is built.
   */
  async build(target: vscode.Uri | ExplorerRow | undefined, stage?: string): Promise<void> {
    requireTrust();
    const dockerfile = target instanceof vscode.Uri ? target : await chooseDockerfile();
    if (!dockerfile) return;
    const builders = (await this.#options.store.refresh()).filter((one) => one.unreadable === undefined);
    const called = typeof target === "string" ? builders.find((one) => `builder:${one.name}` === target) : undefined;
    const offered = called ? [called] : usefulBuilders(builders);
    if (offered.length === 0) throw noBuilder();
    const request = await askBuild({
      dockerfile,
      stage,
      builders: offered,
      remembered: this.#remembered(dockerfile),
      placements: (builder) => this.#placements(builder),
    });
    if (request) await this.#start(request);
  }

  /**
   * Repeats a build with the same answers: the one of the row, or of the active panel; else what was answered the last
   * time for the Dockerfile in the active editor, also before the window was reloaded; else the newest.
   */
  async buildAgain(row: ExplorerRow | undefined): Promise<void> {
    const chosen = row === undefined ? this.#panels.active : this.#byRow(row);
    const active = vscode.window.activeTextEditor?.document;
    const remembered = active?.languageId === "dockerfile" ? this.#remembered(active.uri) : undefined;
    const fromEditor = active && remembered && { ...remembered, dockerfile: active.uri.fsPath };
    // Never another Dockerfile's build: that might push another image.
    const newest = active?.languageId === "dockerfile" ? undefined : this.builds.shown[0]?.request;
    const request = chosen?.request ?? fromEditor ?? newest;
    if (request) await this.#start({ ...request, noCache: false });
    else await this.build(undefined);
  }

  /** Cancels the build of the row, else that of the active panel, else the one that runs. */
  async cancel(row: ExplorerRow | undefined): Promise<void> {
    const meant = row === undefined ? this.#panels.active : this.#byRow(row);
    const build = meant?.hasEnded === false ? meant : await this.#chooseRunning(vscode.l10n.t("Cancel which build?"));
    build?.cancel();
  }

  /** Shows the build of the row, else the one that runs, else the newest. */
  async show(row: ExplorerRow | undefined): Promise<void> {
    const isAnyRunning = this.builds.running.length > 0;
    const build =
      row === undefined
        ? isAnyRunning
          ? await this.#chooseRunning(vscode.l10n.t("Show which build?"))
          : this.builds.shown[0]
        : this.#byRow(row);
    if (build) this.#panels.show(build);
  }

  /**
   * Shows in a panel that was open when the window closed the build that it showed, as far as it is known; closes it
   * when it is not.
   *
   * @param state what the panel's page has kept, see `SavedView`
   */
  async restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    let isClosed = false;
    panel.onDidDispose(() => (isClosed = true));
    const { buildId } = (state ?? {}) as { readonly buildId?: unknown };
    const build = typeof buildId === "string" ? await this.builds.findLater(buildId) : undefined;
    if (isClosed) return;
    if (build) this.#panels.restore(build, panel);
    else panel.dispose();
  }

  /** Cancels what runs, and waits until it has ended. */
  async shutDown(): Promise<void> {
    await this.builds.interruptAll();
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #byRow(row: ExplorerRow): ShownBuild | undefined {
    return this.builds.find(row.replace(/^build:/, ""));
  }

  /** The only running build, else the one the user chooses. */
  async #chooseRunning(question: string): Promise<BuildRun | undefined> {
    const { running } = this.builds;
    const [first] = running;
    if (running.length < 2) return first;
    const answer = await pickOne({
      title: vscode.l10n.t("Running builds"),
      step: 1,
      totalSteps: 1,
      placeholder: question,
      choices: running.map((run) => {
        const { head } = run.summary();
        const description = `${head.builder} · ${run.request.platforms.join(", ")}`;
        return { label: buildLabel(head), description, value: run };
      }),
    });
    return answer === "back" ? undefined : answer;
  }

  #remembered(dockerfile: vscode.Uri): RememberedAnswers | undefined {
    return parseAnswers(this.#options.context.workspaceState.get(answersKey(dockerfile)));
  }

  /** Where a builder builds its platforms; what the cluster does not say in a moment stays unknown. */
  async #placements(builder: Builder): Promise<readonly Placement[]> {
    const plan = planBuild(builder, [...new Set(builder.nodes.flatMap((node) => node.platforms))]);
    if (builder.driver !== "kubernetes") return placementsOf(plan, undefined);
    const { promise, resolve } = Promise.withResolvers<ClusterView | undefined>();
    const timer = setTimeout(() => resolve(undefined), patienceMs);
    const following = this.#options.follow(builder, ({ status, view }) => {
      if (status.kind === "unreachable") resolve(undefined);
      else if (view && view.clusterNodes.length > 0) resolve(view);
    });
    try {
      return placementsOf(plan, await promise);
    } finally {
      clearTimeout(timer);
      following.dispose();
    }
  }

  #again(request: BuildRequest): void {
    this.#start(request).catch((error: unknown) => showError(error, this.#options.log));
  }

  async #start(request: BuildRequest): Promise<void> {
    // Whoever asks: a panel or a row may be of a time when the workspace was trusted.
    requireTrust();
    const { store, buildx, context, follow } = this.#options;
    const [cli, builders, text] = await Promise.all([buildx.get(), store.refresh(), savedText(request)]);
    const builder = builders.find((one) => one.name === request.builder);
    if (!builder)
      throw new UserError(vscode.l10n.t("The builder “{0}” does not exist any more.", request.builder), {
        action: "createBuilder",
      });
    const uri = vscode.Uri.file(request.dockerfile);
    const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? request.buildContext;
    const more = { args: setting("build.arguments", uri), folder };
    const last = this.builds.shown.find((run) => run.request.dockerfile === request.dockerfile);
    const labels = {
      dockerfile: request.target === undefined ? shownPath(uri) : `${shownPath(uri)} (${request.target})`,
      output: shownOutput(request.output),
      ...(last && { ordinal: (last.summary().head.ordinal ?? 1) + 1 }),
    };
    // It only spares a wait: where it fails itself, BuildKit will tell.
    const check = async (): Promise<DockerfileProblem | undefined> =>
      checkDockerfile(text, { ...request, args: more.args }).catch((error: unknown) => {
        this.#options.log.warn(`Dockerfile check: ${messageOf(error)}`);
        return undefined;
      });
    const build = this.builds.start(cli, { request, builder, labels, dockerfileText: text, more, check });
    this.#problems.clear(build);
    this.#lineTimings.follow(build);
    this.#panels.show(build);
    this.#watch(build, follow, builder, { quickens: avoidsTerminatingPods(cli.version) });
    if (request.target === undefined) await context.workspaceState.update(answersKey(uri), request);
    hintAtSentOutput(request, context.workspaceState).catch((error: unknown) => showError(error, this.#options.log));
  }

  /** Keeps the build's places up to date while it runs, and reports it when it has ended. */
  #watch(build: BuildRun, follow: BuildControllerOptions["follow"], builder: Builder, options: FollowOptions): void {
    const isOnKubernetes = builder.driver === "kubernetes";
    const following = isOnKubernetes ? follow(builder, (followed) => build.observe(followed), options) : undefined;
    const ended = build.onDidChange(() => {
      if (!build.hasEnded) return;
      ended.dispose();
      following?.dispose();
      if (!this.#panels.isVisible(build))
        this.#announce(build).catch((error: unknown) => showError(error, this.#options.log));
      const newest = this.builds.runs.find((run) => run.request.dockerfile === build.request.dockerfile);
      if (newest !== build) return;
      this.#problems.report(build).catch((error: unknown) => showError(error, this.#options.log));
    });
  }

  /** Tells of a build that has ended out of sight. */
  async #announce(build: BuildRun): Promise<void> {
    const { head } = build.summary();
    const show = vscode.l10n.t("Show Build");
    const seconds = formatDuration((head.endedMs ?? head.startedMs) - head.startedMs);
    const answer =
      head.state === "failed"
        ? await showErrorText(`${head.dockerfile}: ${head.failure?.what ?? ""}`, show)
        : head.state === "done"
          ? await showText(vscode.l10n.t("Built {0} in {1}.", head.dockerfile, seconds), show)
          : undefined;
    if (answer === show) this.#panels.show(build);
  }

  #setKeys(): void {
    setContextKey("multiArchBuilds.hasBuilds", this.builds.shown.length > 0);
    setContextKey("multiArchBuilds.isBuilding", this.builds.running.length > 0);
  }
}

function answersKey(dockerfile: vscode.Uri): string {
  return `answers:${dockerfile.toString()}`;
}
