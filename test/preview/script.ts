import type {
  BuildHead,
  BuildSnapshot,
  Bytes,
  Cell,
  Failure,
  Lane,
  Placement,
  SharedStep,
  StepRow,
  StepState,
  Timing,
} from "../../src/core/build/snapshot.ts";
import type { Platform } from "../../src/core/platform.ts";

/** What one step does on one platform. Times are seconds after the start of the build. */
export interface Act {
  readonly start: number;
  /** Seconds; with `cached` it means nothing. */
  readonly takes: number;
  readonly ends?: "done" | "cached" | "failed";
  readonly activity?: string;
  readonly bytes?: Bytes;
  readonly runsOn?: Platform;
  /** Output: seconds after the step's start, and text. */
  readonly prints?: readonly (readonly [at: number, text: string])[];
}

export interface ScriptRow {
  readonly stage: string;
  readonly index: number;
  readonly total: number;
  readonly line?: number;
  readonly instruction: string;
  readonly text: string;
  /** One per platform; undefined where the platform has no such step. */
  readonly acts: readonly (Act | undefined)[];
}

export interface SharedAct extends Act {
  readonly name: string;
  readonly label: string;
  readonly platform?: Platform;
}

/** A build that never was: everything it will do, so that it can be shown at any moment. */
export interface Script {
  readonly head: Pick<BuildHead, "dockerfile" | "output" | "builder" | "cluster" | "namespace">;
  /** What it will have pushed. */
  readonly pushed?: string;
  readonly platforms: readonly Platform[];
  readonly placements?: readonly Placement[];
  readonly rows: readonly ScriptRow[];
  readonly shared: readonly SharedAct[];
  readonly messages?: readonly string[];
  /** When the build ends, in seconds; absent: when the last act is over. */
  readonly endsAt?: number;
  readonly outcome?: "done" | "failed" | "canceled";
  readonly failure?: Failure;
  readonly waitingFor?: readonly [until: number, text: string];
}

/** When the scripted builds have begun, in epoch milliseconds. */
export const startedMs = Date.UTC(2026, 0, 15, 9, 30);

/** The build as it stands `seconds` after its start. */
export function snapshotAt(script: Script, seconds: number): BuildSnapshot {
  const end = endOf(script);
  const isEnded = seconds >= end;
  const at = Math.min(seconds, end);
  const rows = script.rows.map((row, index) => rowAt(row, index, at, isEnded));
  const lanes = script.platforms.map((platform, index) => laneAt(script, platform, index, rows));
  const steps = lanes.map((lane) => lane.steps);
  const sum = (key: keyof Lane["steps"]): number => steps.reduce((total, lane) => total + lane[key], 0);
  const state = isEnded ? (script.outcome ?? "done") : "running";
  return {
    head: {
      ...script.head,
      pushed: state === "done" ? script.pushed : undefined,
      id: "preview",
      state,
      startedMs,
      endedMs: isEnded ? startedMs + end * 1000 : undefined,
      steps: { total: sum("total"), finished: sum("finished"), cached: sum("cached") },
      waitingFor: script.waitingFor && at < script.waitingFor[0] ? script.waitingFor[1] : undefined,
      failure: state === "failed" ? script.failure : undefined,
      messages: script.messages ?? [],
    },
    lanes,
    rows,
    shared: script.shared.map((act, index) => sharedAt(act, index, at, isEnded)),
  };
}

/** What a step has printed `seconds` after the start of the build. */
export function outputAt(script: Script, stepId: string, seconds: number): string {
  const act = actOf(script, stepId);
  if (!act) return "";
  const at = Math.min(seconds, endOf(script));
  return (act.prints ?? [])
    .filter(([after]) => act.start + after <= at)
    .map(([, text]) => text)
    .join("");
}

/** When the build is over, in seconds. */
export function endOf(script: Script): number {
  const acts = [...script.rows.flatMap((row) => row.acts), ...script.shared];
  return script.endsAt ?? Math.max(0, ...acts.map((act) => (act ? act.start + act.takes : 0)));
}

function actOf(script: Script, stepId: string): Act | undefined {
  const [kind, index, lane] = stepId.split("-");
  return kind === "shared" ? script.shared[Number(index)] : script.rows[Number(index)]?.acts[Number(lane)];
}

function rowAt(row: ScriptRow, index: number, at: number, isEnded: boolean): StepRow {
  const { stage, total, line, instruction, text } = row;
  const cells = row.acts.map((act, lane) => (act ? cellAt(act, `step-${index}-${lane}`, at, isEnded) : null));
  return { id: `row-${index}`, stage, index: row.index, total, line, instruction, text, cells };
}

function timingAt(act: Act, at: number, isEnded: boolean): Timing {
  const ended = act.start + act.takes;
  if (at < act.start) return { state: "pending", durationMs: 0 };
  if (act.ends === "cached") return { state: "cached", durationMs: 0 };
  if (at >= ended) return { state: act.ends ?? "done", durationMs: act.takes * 1000 };
  if (isEnded) return { state: "canceled", durationMs: (at - act.start) * 1000 };
  return { state: "running", durationMs: 0, runningSinceMs: startedMs + act.start * 1000 };
}

function cellAt(act: Act, stepId: string, at: number, isEnded: boolean): Cell {
  const timing = timingAt(act, at, isEnded);
  const hasBegun = timing.state !== "pending";
  const isOver = hasBegun && timing.state !== "running";
  const printed = (act.prints ?? []).filter(([after]) => act.start + after <= at);
  const last = printed.at(-1);
  return {
    ...timing,
    stepId,
    startedMs: hasBegun ? startedMs + act.start * 1000 : undefined,
    completedMs: isOver ? startedMs + act.start * 1000 + timing.durationMs : undefined,
    lastOutputMs: last && startedMs + (act.start + last[0]) * 1000,
    hasLog: printed.length > 0,
    bytes: act.bytes,
    activity: act.activity,
    runsOn: act.runsOn,
  };
}

function sharedAt(act: SharedAct, index: number, at: number, isEnded: boolean): SharedStep {
  const { name, label, platform, bytes } = act;
  const timing = timingAt(act, at, isEnded);
  return { ...timing, stepId: `shared-${index}`, name, label, platform, bytes, hasLog: Boolean(act.prints) };
}

function laneAt(script: Script, platform: Platform, index: number, rows: readonly StepRow[]): Lane {
  const cells = rows.flatMap((row) => row.cells[index] ?? []);
  const count = (...states: readonly StepState[]): number => cells.filter((cell) => states.includes(cell.state)).length;
  const began = cells.flatMap((cell) => cell.startedMs ?? []);
  const ended = cells.flatMap((cell) => cell.completedMs ?? []);
  const isRunning = count("running") > 0 || (count("pending") > 0 && began.length > 0 && isOpen(script, rows));
  const startedLaneMs = began.length > 0 ? Math.min(...began) : undefined;
  const timing: Timing =
    startedLaneMs === undefined
      ? { state: "pending", durationMs: 0 }
      : isRunning
        ? { state: "running", durationMs: 0, runningSinceMs: startedLaneMs }
        : { state: endState(count), durationMs: Math.max(...ended) - startedLaneMs };
  return {
    ...timing,
    platform,
    startedMs: startedLaneMs,
    completedMs: isRunning || ended.length === 0 ? undefined : Math.max(...ended),
    steps: { total: cells.length, finished: count("done", "cached"), cached: count("cached") },
    placement: script.placements?.[index],
  };
}

/** True while nothing has failed or was cut off: then pending steps will still come. */
function isOpen(script: Script, rows: readonly StepRow[]): boolean {
  const states = new Set(rows.flatMap((row) => row.cells.map((cell) => cell?.state)));
  return !states.has("canceled") && !(states.has("failed") && script.outcome === "failed");
}

function endState(count: (...states: readonly StepState[]) => number): StepState {
  if (count("failed") > 0) return "failed";
  if (count("canceled", "pending") > 0) return "canceled";
  return count("done") === 0 ? "cached" : "done";
}
