import type { Platform } from "../platform.ts";
import { parseTime, type WireStatus, type WireVertex } from "../buildx/solveStatus.ts";
import { Intervals, mergeIntervals } from "./intervals.ts";
import { progressOf } from "./progress.ts";
import { sharedLabel } from "./sharedLabel.ts";
import type { Cell, SharedStep, StepState } from "./snapshot.ts";
import { StepLog, type LogStream } from "./stepLog.ts";
import { parseVertexName, type OtherName, type StepName } from "./vertexName.ts";
import { visible } from "../visible.ts";

/** One vertex of the stream. Its digest is its identity; two builder nodes may send the same one. */
export class Vertex {
  readonly digest: string;
  readonly intervals = new Intervals();
  readonly stdout: LogStream = {};
  readonly stderr: LogStream = {};
  /** Sub-progress by id, in order of appearance. */
  readonly statuses = new Map<string, WireStatus>();
  /** True when the first that was heard of it is that it works: an equal build that began earlier brought it. */
  readonly isBornStarted: boolean;
  /** What it is shown as. */
  step: Step;
  inputs: readonly string[] = [];
  isCached = false;
  error: string | undefined;
  /** True when the end of the build found it open. */
  isCut = false;

  constructor(wire: WireVertex, step: Step) {
    this.digest = wire.digest;
    this.isBornStarted = wire.started !== undefined;
    this.step = step;
  }

  /** Takes the vertex's next event; what the event leaves out stays as it was. */
  apply(wire: WireVertex): void {
    if (wire.inputs) this.inputs = wire.inputs;
    const startedMs = parseTime(wire.started);
    if (startedMs === undefined) return;
    this.intervals.set(startedMs, parseTime(wire.completed));
    this.isCached = wire.cached === true;
    this.error = wire.error && visible(wire.error);
  }

  get isStarted(): boolean {
    return this.intervals.size > 0;
  }

  /** The last time that is known of it; 0 when there is none. */
  get lastMs(): number {
    const times = [this.step.log.lastTime, ...[...this.statuses.values()].map((status) => status.timestamp)];
    return Math.max(0, this.intervals.lastMs ?? 0, ...times.map((time) => parseTime(time) ?? 0));
  }

  close(endMs: number): void {
    if (!this.intervals.isOpen) return;
    this.intervals.close(endMs);
    this.isCut = true;
  }
}

/** What is shown as one step: a vertex, a progress group (`COPY --link`), or a vertex with its twin. */
export class Step {
  /** Digest of its first vertex, or id of its progress group. */
  readonly id: string;
  /** The name as BuildKit writes it. */
  readonly fullName: string;
  readonly name: StepName | OtherName;
  readonly vertices: Vertex[] = [];
  log = new StepLog();
  /** True while something in it has changed that is not shown yet. */
  isTouched = false;
  /** The platform it works for, as soon as that is known. */
  platform: Platform | undefined;

  constructor(id: string, fullName: string) {
    this.id = id;
    this.fullName = visible(fullName);
    this.name = parseVertexName(this.fullName);
    this.platform = this.name.platform;
  }

  get isStarted(): boolean {
    return this.vertices.some((vertex) => vertex.isStarted);
  }

  /** BuildKit's words when the step has failed by itself. */
  get error(): string | undefined {
    return this.vertices.find((vertex) => vertex.error !== undefined && !isCancellation(vertex.error))?.error;
  }

  /** Makes another step's vertices and output its own. To be used while this one has not begun. */
  absorb(twin: Step): void {
    for (const vertex of twin.vertices) vertex.step = this;
    this.vertices.push(...twin.vertices);
    this.log = twin.log;
  }

  cell(): Cell {
    const { name } = this;
    const { completedMs, startedMs, ...work } = this.#work();
    return {
      ...work,
      startedMs,
      completedMs,
      runsOn: name.kind === "step" ? name.runsOn : undefined,
      lastOutputMs: parseTime(this.log.lastTime),
    };
  }

  shared(): SharedStep {
    const { completedMs: _completedMs, startedMs: _startedMs, ...work } = this.#work();
    return { ...work, name: this.fullName, label: sharedLabel(this.fullName), platform: this.platform };
  }

  #work() {
    const { durationMs, runningSinceMs, startedMs, completedMs } = mergeIntervals(
      this.vertices.map((vertex) => vertex.intervals),
    );
    const { error } = this;
    const state = this.#state(error !== undefined, startedMs !== undefined, runningSinceMs !== undefined);
    const isRunning = state === "running";
    return {
      stepId: this.id,
      state,
      durationMs,
      runningSinceMs: isRunning ? runningSinceMs : undefined,
      startedMs,
      completedMs,
      error,
      hasLog: !this.log.isEmpty,
      ...progressOf(this.vertices, isRunning),
    };
  }

  #state(hasFailed: boolean, isStarted: boolean, isOpen: boolean): StepState {
    if (hasFailed) return "failed";
    if (isOpen) return "running";
    if (!isStarted) return "pending";
    const started = this.vertices.filter((vertex) => vertex.isStarted);
    if (started.some((vertex) => vertex.isCut || vertex.error !== undefined)) return "canceled";
    return started.every((vertex) => vertex.isCached) ? "cached" : "done";
  }
}

/** BuildKit's own test: what ends so was cut because something else failed, or on request. */
export function isCancellation(error: string): boolean {
  return error.endsWith("context canceled");
}
