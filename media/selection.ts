import type { BuildState, Failure, SharedStep, StepRow } from "../src/core/build/snapshot.ts";
import { timeOf } from "../src/core/build/comparison.ts";

/** What the log below the table is about. */
export type Selection =
  | { readonly kind: "row"; readonly rowId: string; readonly laneIndex: number }
  | { readonly kind: "shared"; readonly stepId: string };

/**
 * What is shown until the user picks a step: the failed one; else the one at work, and it stays while it runs so that
 * the log does not jump; after the end the last one, or in a build that is opened then the one that took longest.
 */
export function automaticSelection(
  previous: Selection | undefined,
  build: {
    readonly rows: readonly StepRow[];
    readonly shared: readonly SharedStep[];
    readonly state: BuildState;
    readonly failure: Failure | undefined;
  },
): Selection | undefined {
  const failed = selectionOfStep(build.failure?.stepId, build.rows, build.shared);
  if (failed) return failed;
  if (previous?.kind === "row") {
    const row = build.rows.find((candidate) => candidate.id === previous.rowId);
    const running = row?.cells.findIndex((cell) => cell?.state === "running") ?? -1;
    if (row && running >= 0) return { ...previous, laneIndex: keepOr(row, previous.laneIndex, running) };
  }
  const last = previous?.kind === "row" ? previous : undefined;
  const slowest = isEnded(build.state) ? longest(build.rows) : undefined;
  return oldestRunning(build.rows) ?? last ?? slowest ?? previous ?? runningShared(build.shared);
}

/** Before the first step it is the machinery that works, for example on the builder's pods. */
function runningShared(shared: readonly SharedStep[]): Selection | undefined {
  const step = shared.find((candidate) => candidate.state === "running");
  return step && { kind: "shared", stepId: step.stepId };
}

/** The selection that stands for a step's id; undefined when there is no such step. */
export function selectionOfStep(
  stepId: string | undefined,
  rows: readonly StepRow[],
  shared: readonly SharedStep[],
): Selection | undefined {
  if (stepId === undefined) return undefined;
  for (const row of rows) {
    const laneIndex = row.cells.findIndex((cell) => cell?.stepId === stepId);
    if (laneIndex >= 0) return { kind: "row", rowId: row.id, laneIndex };
  }
  return shared.some((step) => step.stepId === stepId) ? { kind: "shared", stepId } : undefined;
}

/** True when nothing of the build runs any more. */
export function isEnded(state: BuildState): boolean {
  return state !== "running" && state !== "canceling";
}

function keepOr(row: StepRow, laneIndex: number, other: number): number {
  return row.cells[laneIndex]?.state === "running" ? laneIndex : other;
}

function oldestRunning(rows: readonly StepRow[]): Selection | undefined {
  return best(rows, (cell) => (cell.state === "running" ? -(cell.runningSinceMs ?? 0) : undefined));
}

function longest(rows: readonly StepRow[]): Selection | undefined {
  return best(rows, (cell) => (cell.durationMs > 0 ? timeOf(cell, 0) : undefined));
}

type RowCell = NonNullable<StepRow["cells"][number]>;

function best(rows: readonly StepRow[], rank: (cell: RowCell) => number | undefined): Selection | undefined {
  let found: Selection | undefined;
  let highest = -Infinity;
  for (const row of rows) {
    row.cells.forEach((cell, laneIndex) => {
      const value = cell ? rank(cell) : undefined;
      if (value === undefined || value <= highest) return;
      highest = value;
      found = { kind: "row", rowId: row.id, laneIndex };
    });
  }
  return found;
}
