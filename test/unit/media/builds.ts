import type { BuildHead, BuildSnapshot, Cell, Lane, SharedStep, StepRow } from "../../../src/core/build/snapshot.ts";

/** A finished cell unless told otherwise; `ms` is its duration. */
export function cell(ms: number, more: Partial<Cell> = {}): Cell {
  return { stepId: "step", state: "done", durationMs: ms, hasLog: false, ...more };
}

/** A cell that has been at work since `sinceMs`. */
export function running(sinceMs: number, more: Partial<Cell> = {}): Cell {
  return cell(0, { state: "running", runningSinceMs: sinceMs, ...more });
}

export function row(id: string, cells: readonly (Cell | null)[], more: Partial<StepRow> = {}): StepRow {
  return { id, stage: "builder", index: 1, total: 1, instruction: "RUN", text: "make", cells, ...more };
}

export function lane(platform: string, more: Partial<Lane> = {}): Lane {
  return { platform, state: "done", durationMs: 0, steps: { total: 3, finished: 3, cached: 0 }, ...more };
}

export function sharedStep(stepId: string, more: Partial<SharedStep> = {}): SharedStep {
  return { stepId, name: stepId, label: stepId, state: "done", durationMs: 1, hasLog: false, ...more };
}

export function head(more: Partial<BuildHead> = {}): BuildHead {
  return {
    id: "1",
    state: "running",
    startedMs: 0,
    dockerfile: "Dockerfile",
    output: "",
    builder: "kube",
    steps: { total: 1, finished: 0, cached: 0 },
    messages: [],
    ...more,
  };
}

export function build(more: Partial<BuildSnapshot> = {}): BuildSnapshot {
  return { head: head(), lanes: [lane("linux/amd64"), lane("linux/arm64")], rows: [], shared: [], ...more };
}
