import { parseProgressLine, type WireVertex } from "../buildx/solveStatus.ts";
import type { Platform } from "../platform.ts";
import { failureOf, verdictOf } from "./failure.ts";
import { isClientNoise } from "../buildx/errorText.ts";
import { exportedPlatform } from "./progress.ts";
import { isBoot, waitingText } from "./sharedLabel.ts";
import type { BuildHead, BuildState, BuildUpdate, Failure, Lane, SharedStep, StepRow } from "./snapshot.ts";
import { Step, Vertex } from "./step.ts";
import type { StepLog } from "./stepLog.ts";
import { StepTable, type StepSource } from "./stepTable.ts";
import { VertexGraph } from "./vertexGraph.ts";
import type { StepName } from "./vertexName.ts";
import { visible } from "../visible.ts";

/** What a build is expected to be, as far as it is known beforehand. */
export interface BuildModelOptions extends StepSource {
  /** Platforms in the order of the request; these lanes come first. */
  readonly platforms: readonly Platform[];
}

/** Of plain text so many lines are shown; the whole is in the build's output. */
const shownMessages = 200;

/**
 * One build as its progress stream tells it: feed it buildx's stderr line by line, read rows, lanes and logs at any
 * time. Applying a line costs little; what is shown is made when it is asked for, from what has changed since.
 */
export class BuildModel {
  readonly #platforms: readonly Platform[];
  readonly #graph = new VertexGraph();
  readonly #steps = new Map<string, Step>();
  readonly #table: StepTable;
  readonly #shared = new Map<Step, SharedStep>();
  readonly #text: string[] = [];
  readonly #unplaced = new Map<Step, StepName>();
  #touched: Step[] = [];
  readonly #changedShared = new Set<Step>();
  #state: BuildState = "running";
  #failure: Failure | undefined;

  constructor({ platforms, ...source }: BuildModelOptions) {
    this.#platforms = platforms;
    this.#table = new StepTable(platforms, this.#graph, source);
  }

  /** `running` until {@link end} is called. */
  get state(): BuildState {
    return this.#state;
  }

  /** Takes one line of buildx's stderr: a progress message or plain text. Never throws. */
  apply(line: string): void {
    const message = parseProgressLine(line);
    if (typeof message === "string") {
      this.#text.push(visible(message));
      return;
    }
    for (const wire of message.vertexes) {
      const vertex = this.#graph.get(wire.digest) ?? this.#add(wire);
      vertex.apply(wire);
      if (wire.inputs) this.#graph.link(vertex);
      this.#touch(vertex.step);
    }
    for (const status of message.statuses) {
      const vertex = this.#graph.get(status.vertex);
      if (!vertex) continue;
      vertex.statuses.set(status.id, status);
      this.#touch(vertex.step);
    }
    for (const { vertex: digest, stream, data, timestamp } of message.logs) {
      const vertex = this.#graph.get(digest);
      if (!vertex) continue;
      vertex.step.log.append(stream === 2 ? vertex.stderr : vertex.stdout, data, timestamp);
      this.#touch(vertex.step);
    }
  }

  /**
   * Call when buildx has ended: closes what is open and finds the verdict.
   * @param ending.endedMs when the process ended; by default the last time the stream has named
   */
  end(ending: { readonly exitCode?: number; readonly wasCanceled?: boolean; readonly endedMs?: number }): void {
    const endMs = ending.endedMs ?? this.#lastMs();
    let isCut = false;
    for (const vertex of this.#graph) {
      vertex.close(endMs);
      isCut ||= vertex.isCut || vertex.error !== undefined;
      this.#touch(vertex.step);
    }
    this.#settle();
    this.#placeRest();
    this.#table.end();
    const failed = [...new Set(this.#steps.values())].filter((step) => step.error !== undefined);
    const whole = { ...ending, text: this.#text, failed, isCut };
    this.#state = verdictOf(whole);
    this.#failure = this.#state === "failed" ? failureOf(whole) : undefined;
  }

  /** One lane per platform, those of the request first. Without placement, which the stream does not tell. */
  lanes(): readonly Lane[] {
    this.#settle();
    return this.#table.lanes();
  }

  /** The Dockerfile's steps in the order of the Dockerfile. */
  rows(): readonly StepRow[] {
    this.#settle();
    return this.#table.rows();
  }

  /** Everything that is no step of the Dockerfile, in order of appearance. */
  shared(): readonly SharedStep[] {
    this.#settle();
    return [...this.#shared.values()];
  }

  /** Why the build has failed, going by what there is before its end; undefined when nothing says so. */
  failureSoFar(): Failure | undefined {
    const failed = [...new Set(this.#steps.values())].filter((step) => step.error !== undefined);
    const ending = { wasCanceled: false, text: this.#text, failed, isCut: false };
    return verdictOf(ending) === "failed" ? failureOf(ending) : undefined;
  }

  /** Present exactly when the build has failed. */
  failure(): Failure | undefined {
    return this.#failure;
  }

  /** All lines of stderr that are no progress messages. */
  text(): readonly string[] {
    return this.#text;
  }

  /** The last lines of plain text worth showing: without the noise of the Kubernetes client. */
  messages(): readonly string[] {
    return this.#text.slice(-shownMessages).filter((line) => !isClientNoise(line));
  }

  /** Steps of the Dockerfile on all platforms; finished are those that are done or cached. */
  counts(): BuildHead["steps"] {
    const steps = this.lanes().map((lane) => lane.steps);
    const sum = (key: keyof BuildHead["steps"]): number => steps.reduce((total, one) => total + one[key], 0);
    return { total: sum("total"), finished: sum("finished"), cached: sum("cached") };
  }

  /** What the build waits for before its first step, where that may take long; and whether that is the builder's start. */
  waitingFor(): { readonly text: string; readonly isBoot: boolean } | undefined {
    if (this.#state !== "running" || this.lanes().some((lane) => lane.startedMs !== undefined)) return undefined;
    for (const { state, name } of this.#shared.values()) {
      const text = state === "running" ? waitingText(name) : undefined;
      if (text !== undefined) return { text, isBoot: isBoot(name) };
    }
    return undefined;
  }

  /** True while all steps have ended and the result is on its way. */
  isOnlyExporting(): boolean {
    const { total, finished } = this.counts();
    if (this.#state !== "running" || total === 0 || finished < total) return false;
    return [...this.#shared.values()].some(({ state, name }) => state === "running" && name.startsWith("exporting"));
  }

  /** Output of one step; undefined for an unknown id. */
  log(stepId: string): StepLog | undefined {
    return this.#steps.get(stepId)?.log;
  }

  /** The name of a step as BuildKit writes it. */
  nameOf(stepId: string): string | undefined {
    return this.#steps.get(stepId)?.fullName;
  }

  /** Whatever is not as it was at the last call, as whole values; undefined when nothing is. */
  takeChanges(): BuildUpdate | undefined {
    this.#settle();
    const changes = this.#table.takeChanges();
    const shared = [...this.#changedShared].flatMap((step) => this.#shared.get(step) ?? []);
    this.#changedShared.clear();
    return changes || shared.length > 0 ? { ...changes, shared } : undefined;
  }

  /** The last time that the stream has named. */
  #lastMs(): number {
    return [...this.#graph].reduce((last, vertex) => Math.max(last, vertex.lastMs), 0);
  }

  #add(wire: WireVertex): Vertex {
    const step = this.#stepFor(wire);
    const vertex = new Vertex(wire, step);
    step.vertices.push(vertex);
    this.#graph.add(vertex);
    return vertex;
  }

  /** Vertices of one progress group are one step, which has the group's name. */
  #stepFor(wire: WireVertex): Step {
    const { id: group, name: groupName } = wire.progressGroup ?? {};
    const id = group ?? wire.digest;
    const known = this.#steps.get(id);
    if (known) return known;
    const step = new Step(id, groupName ?? wire.name ?? wire.digest);
    this.#steps.set(id, step);
    if (step.name.kind === "step") this.#unplaced.set(step, step.name);
    return step;
  }

  /** Brings rows, lanes and shared steps up to what has been applied. */
  #settle(): void {
    // The last ones announced are the first in the Dockerfile: from them on, each step needs only a look at the next.
    for (const step of [...this.#unplaced.keys()].toReversed()) step.platform ??= this.#platformOf(step);
    for (const [step, name] of this.#unplaced) if (step.platform !== undefined) this.#place(step, name, step.platform);
    for (const step of this.#touched) {
      step.isTouched = false;
      if (step.name.kind === "step") this.#table.refresh(step);
      else this.#refreshShared(step);
    }
    this.#touched = [];
  }

  /**
   * The platform of a step whose name has none: the only one there is, else that of what it is built on.
   * (`RUN` in a stage `FROM scratch` is unnamed, see `dispatchRun` in BuildKit's dockerfile2llb/convert.go.)
   */
  #platformOf(step: Step): Platform | undefined {
    return this.#platforms.length === 1 ? this.#platforms[0] : this.#graph.platformBelow(step);
  }

  /** A step that is built on nothing of a known platform belongs to the platform that takes its result, if to any. */
  #placeRest(): void {
    for (const [step, name] of this.#unplaced)
      this.#place(step, name, this.#graph.platformAbove(step) ?? unknownPlatform);
  }

  #touch(step: Step): void {
    if (!step.isTouched) this.#touched.push(step);
    step.isTouched = true;
  }

  #place(step: Step, name: StepName, platform: Platform): void {
    this.#unplaced.delete(step);
    this.#steps.set(step.id, this.#table.place(step, name, platform));
    // What they load may have no platform but that of who takes it.
    for (const source of this.#graph.sourcesOf(step)) if (source.name.kind === "other") this.#touch(source);
  }

  #refreshShared(step: Step): void {
    const statuses = step.vertices.flatMap((vertex) => [...vertex.statuses.values()]);
    step.platform = step.name.platform ?? exportedPlatform(statuses) ?? this.#graph.platformAbove(step);
    this.#shared.set(step, step.shared());
    this.#changedShared.add(step);
  }
}

/** The lane of steps whose platform nothing tells: those of a build that was asked for none. */
const unknownPlatform = "";
