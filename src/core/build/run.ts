import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { buildArgs } from "../buildx/args.ts";
import type { FollowedBuilder } from "../builder/follow.ts";
import type { Builder } from "../buildx/builder.ts";
import type { BuildxCli, Exit } from "../buildx/cli.ts";
import { requireKubeconfig } from "../buildx/kubeconfig.ts";
import { readDigest } from "../buildx/metadata.ts";
import { multiNodePushProblem } from "../buildx/version.ts";
import { lineFinder } from "../dockerfile/dockerfile.ts";
import { UserError } from "../errors.ts";
import { Emitter, type Event } from "../event.ts";
import { t } from "../l10n.ts";
import type { Platform } from "../platform.ts";
import { BuildModel } from "./model.ts";
import { BuildSite } from "./buildSite.ts";
import { type BuildPlan, planBuild } from "./plan.ts";
import { unwritableOutput } from "./failureCause.ts";
import { diskProblemAt } from "./outputFolder.ts";
import { GivingUp } from "./givingUp.ts";
import { failureOfLoss, type BuilderLoss } from "./podLoss.ts";
import type { ShownBuild } from "./shownBuild.ts";
import { shownLanes } from "./shownLanes.ts";
import { failureOfError } from "./failure.ts";
import { type DockerfileCheck, failureBefore } from "./failureBefore.ts";
import type { BuildRequest } from "../buildx/buildRequest.ts";
import { type LogPart, StepLog } from "./stepLog.ts";
import type { BuildHead, BuildSnapshot, BuildState, BuildSummary, BuildUpdate, Failure, Lane } from "./snapshot.ts";
import { visible } from "../visible.ts";
import { wholeLog } from "./wholeLog.ts";

/** How a build is shown; see the fields of the same names in {@link BuildHead}. */
export type BuildLabels = Pick<BuildHead, "dockerfile" | "ordinal" | "output">;

/** What one build is made of. */
export interface BuildRunOptions {
  readonly request: BuildRequest;
  /** The builder that the request names. */
  readonly builder: Builder;
  readonly labels: BuildLabels;
  /** What the user adds to buildx's arguments; relative paths in them are those of the folder. */
  readonly more?: { readonly args: readonly string[]; readonly folder: string };
  /** The Dockerfile as it is built; absent: steps have no lines. */
  readonly dockerfileText?: string;
  /** Looks for what would make the build fail for sure, before it is begun. */
  readonly check?: DockerfileCheck;
}

/** One build, from its request to its end. It runs from the moment {@link BuildRun.start} is called, once. */
export class BuildRun implements ShownBuild {
  readonly id: string = randomUUID();
  readonly request: BuildRequest;
  readonly dockerfileText: string | undefined;
  readonly plan: BuildPlan;
  readonly startedMs: number = Date.now();
  readonly #cli: BuildxCli;
  readonly #builder: Builder;
  readonly #labels: BuildLabels;
  readonly #check: BuildRunOptions["check"];
  readonly #model: BuildModel;
  readonly #changed = new Emitter<void>();
  readonly #canceled = new AbortController();
  readonly #killed = new AbortController();
  readonly #site: BuildSite;
  readonly #ended = Promise.withResolvers<void>();
  readonly #directory: string;
  readonly #folder: string | undefined;
  readonly #args: readonly string[];
  #state: BuildState = "running";
  #endedMs: number | undefined;
  #failure: Failure | undefined;
  #digest: string | undefined;
  #lost: BuilderLoss | undefined;
  readonly #givingUp = new GivingUp({
    quiet: () => this.#changed.fire(),
    end: (loss) => {
      this.#lost = loss;
      this.#canceled.abort();
    },
    kill: () => this.#killed.abort(),
  });
  #isPlaceSent = true;
  #isInterrupted = false;
  #sentHead: BuildHead | undefined;

  /** Fires on every change; several times in a row while a build is busy. */
  readonly onDidChange: Event<void> = this.#changed.event;

  /** @throws UserError when buildx cannot be given the request as it is */
  constructor(cli: BuildxCli, { request, builder, labels, check, dockerfileText, more }: BuildRunOptions) {
    this.request = request;
    this.dockerfileText = dockerfileText;
    this.plan = planBuild(builder, request.platforms);
    this.#site = new BuildSite(this.plan, cli.version);
    this.#cli = cli;
    this.#builder = builder;
    this.#folder = more && more.args.length > 0 ? more.folder : undefined;
    this.#labels = { ...labels, dockerfile: visible(labels.dockerfile), output: visible(labels.output) };
    this.#check = check;
    const lineOf = dockerfileText === undefined ? undefined : lineFinder(dockerfileText);
    this.#model = new BuildModel({ platforms: request.platforms, lineOf });
    const problem = this.plan.isMultiNode && request.output.kind === "push" && multiNodePushProblem(cli.version);
    if (problem)
      throw new UserError(problem, { remedy: t("Install another version of buildx."), action: "installBuildx" });
    this.#directory = join(tmpdir(), `multi-arch-build-${this.id}`);
    this.#args = buildArgs(request, this.#metadataFile, more?.args);
  }

  get state(): BuildState {
    return this.#state;
  }

  /** Resolves when the process is gone and nothing is left of it. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get hasEnded(): boolean {
    return this.#endedMs !== undefined;
  }

  /** The whole command line behind `buildx`. */
  get args(): readonly string[] {
    return this.#args;
  }

  /** Runs the build to its end. A failed or cancelled build is a state, not an exception. */
  async start(): Promise<void> {
    try {
      const failure = await failureBefore(this.request, this.#check);
      if (failure) return this.#endBefore(failure);
      await mkdir(this.#directory, { mode: 0o700 });
      const exit = await this.#runBuildx();
      if (exit.exitCode === 0) await this.#succeed();
      else this.#failure ??= await this.#causeOf(exit);
      this.#end(exit);
    } catch (error) {
      this.#endBefore(failureOfError(error));
      if (!(error instanceof UserError)) throw error;
    } finally {
      await rm(this.#directory, { recursive: true, force: true }).finally(() => this.#ended.resolve());
    }
  }

  /** Asks buildx to stop. The build is `canceling` until the process is gone, which takes 10 s at most. */
  cancel(): void {
    if (this.#state !== "running") return;
    this.#state = "canceling";
    this.#givingUp.stop();
    this.#canceled.abort();
    this.#changed.fire();
  }

  /** Cancels it because the window is closed. */
  interrupt(): void {
    this.#isInterrupted = this.#state === "running";
    this.cancel();
  }

  /** Ends it, as a failure, because its builder is being removed. */
  loseBuilder(): void {
    if (this.#state !== "running") return;
    const what = t("The builder “{0}” was removed.", this.#builder.name);
    const remedy = t("Build with another builder.");
    this.#givingUp.now({ kind: "lost", platforms: [], what, remedy });
  }

  /**
   * Takes what the cluster says of the builder, as it comes: where the platforms are built, what its pods wait for, and
   * when one is gone, or the cluster itself. Then the build fails within seconds, because buildx would find out late or
   * never.
   */
  observe(followed: FollowedBuilder): void {
    const begun = this.#model.lanes().filter(({ startedMs }) => startedMs !== undefined);
    const hasBegun = (platform: Platform): boolean => begun.some((lane) => lane.platform === platform);
    if (this.hasEnded || !this.#site.update(followed, hasBegun)) return;
    this.#isPlaceSent = false;
    if (this.#state === "running") this.#givingUp.consider(this.#site.loss);
    this.#changed.fire();
  }

  summary(): BuildSummary {
    return { head: this.#head(), lanes: this.#lanes() };
  }

  /** Everything there is to show. */
  snapshot(): BuildSnapshot {
    return { head: this.#head(), lanes: this.#lanes(), rows: this.#model.rows(), shared: this.#model.shared() };
  }

  /** What has changed since the last call; undefined when nothing has. For one reader. */
  takeChanges(): BuildUpdate | undefined {
    const update = this.#model.takeChanges();
    const head = this.#head();
    const isHeadNew = !isDeepStrictEqual(head, this.#sentHead);
    const areLanesNew = update?.lanes !== undefined || !this.#isPlaceSent;
    this.#sentHead = head;
    this.#isPlaceSent = true;
    if (!update && !isHeadNew && !areLanesNew) return undefined;
    return { ...update, ...(isHeadNew && { head }), ...(areLanesNew && { lanes: this.#lanes() }) };
  }

  /** What a step has printed since a position of an earlier reading; empty for a step that is not known. */
  log(stepId: string, from = 0): LogPart {
    return (this.#model.log(stepId) ?? new StepLog()).read(from);
  }

  /** The name of a step as BuildKit writes it; its id for one that is not known. */
  nameOf(stepId: string): string {
    return this.#model.nameOf(stepId) ?? stepId;
  }

  /** The whole output as text: every step with its log, then what buildx has printed itself. */
  output(): string {
    return wholeLog(this.snapshot(), {
      nameOf: (stepId) => this.nameOf(stepId),
      logOf: (stepId) => this.log(stepId).text,
      text: this.#model.text(),
    });
  }

  get #pushed(): string | undefined {
    const { output } = this.request;
    return output.kind === "push" && this.#digest !== undefined ? `${output.reference}@${this.#digest}` : undefined;
  }

  get #metadataFile(): string {
    return join(this.#directory, "metadata.json");
  }

  async #runBuildx(): Promise<Exit> {
    const kubeconfig = await requireKubeconfig(this.#builder);
    const { lines, exit } = this.#cli.stream(this.#args, {
      kubeconfig,
      cwd: this.#folder,
      signal: this.#canceled.signal,
      kill: this.#killed.signal,
    });
    for await (const line of lines) {
      // What client-go prints when its connection breaks is no sign of life.
      if (line.startsWith("{")) this.#givingUp.heard();
      this.#model.apply(line);
      if (this.#site.undecided) this.observe(this.#site.undecided);
      this.#changed.fire();
    }
    return exit;
  }

  async #succeed(): Promise<void> {
    this.#lost = undefined; // It was given up too early.
    this.#digest = await readDigest(this.#metadataFile);
  }

  /** Why buildx has failed, where the cluster or this machine knows better than buildx. */
  async #causeOf({ wasCanceled }: Exit): Promise<Failure | undefined> {
    if (this.#lost) return failureOfLoss(this.#lost);
    if (wasCanceled) return undefined;
    const told = this.#model.failureSoFar();
    if (told?.cause === "boot" && this.#site.bootCause !== undefined) {
      const advice = t("When the cause is gone, build again; or remove the builder and create it anew.");
      return { ...told, message: this.#site.bootCause, advice };
    }
    if (told?.cause === "output") return this.#withDiskProblem(told);
    // Nothing is told where BuildKit says that the build was cancelled: if not by us, then because it had to end itself.
    if ((told && told.cause !== "connection") || !this.#site.isSeen) return undefined;
    this.#lost = await this.#site.lossWithin(lossIsToldWithinMs);
    if (this.#lost) return failureOfLoss(this.#lost);
    const { trouble } = this.#site;
    const again = t("Build again: what was finished is in the cache.");
    return told && { ...told, advice: [trouble?.reason, again].filter(Boolean).join(" ") };
  }

  async #withDiskProblem(told: Failure): Promise<Failure | undefined> {
    const { output } = this.request;
    const problem = output.kind === "folder" ? await diskProblemAt(output.path) : undefined;
    if (!problem) return undefined;
    const { what, advice } = unwritableOutput(problem);
    return { ...told, what, advice };
  }

  /** Ends it for what is no failure of buildx. */
  #endBefore(failure: Failure): void {
    this.#failure = failure;
    this.#end({ exitCode: undefined, signal: undefined, wasCanceled: this.#canceled.signal.aborted });
  }

  #end({ exitCode, signal, wasCanceled }: Exit): void {
    this.#givingUp.dispose();
    this.#endedMs = Date.now();
    const isKilled = exitCode === undefined && !wasCanceled;
    if (isKilled) this.#failure ??= { what: t("buildx was ended by {0}.", signal ?? "?"), message: "", logTail: [] };
    this.#model.end({ exitCode, wasCanceled, endedMs: this.#endedMs });
    this.#state = this.#failure ? "failed" : this.#model.state;
    this.#changed.fire();
  }

  #head(): BuildHead {
    return {
      id: this.id,
      state: this.#state,
      ...(this.#isInterrupted && this.#state === "canceled" && { isInterrupted: true }),
      startedMs: this.startedMs,
      endedMs: this.#endedMs,
      ...this.#labels,
      pushed: this.#pushed,
      builder: this.#builder.name,
      ...this.#site.place,
      steps: this.#model.counts(),
      waitingFor: this.#waitingFor(),
      failure: this.#state === "failed" ? (this.#failure ?? this.#model.failure()) : undefined,
      messages: this.#model.messages(),
    };
  }

  #waitingFor(): string | undefined {
    if (this.hasEnded) return undefined;
    const waitingFor = this.#model.waitingFor();
    const { loss } = this.#site;
    if (loss?.kind === "silent") return t("the cluster does not answer");
    if (loss && this.#givingUp.isQuiet) return t("{0} The build may be lost.", loss.what);
    const { output } = this.request;
    if (output.kind === "push" && !waitingFor && this.#model.isOnlyExporting())
      return t("pushing to {0}", output.reference);
    const bootText = waitingFor?.isBoot ? this.#site.bootText : undefined;
    return waitingFor && [waitingFor.text, bootText].filter(Boolean).join(": ");
  }

  #lanes(): readonly Lane[] {
    return shownLanes(this.#model.lanes(), {
      state: this.#state,
      startedMs: this.startedMs,
      placements: this.#site.placements,
      lost: this.#lost,
    });
  }
}

/** The cluster may tell a moment later than buildx notices. */
const lossIsToldWithinMs = 3_000;
