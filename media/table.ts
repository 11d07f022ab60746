import { compareCells, hasTime, timeOf } from "../src/core/build/comparison.ts";
import type { StepRow } from "../src/core/build/snapshot.ts";

/** How the table is ordered: as in the Dockerfile, by what the platforms differ most in, or by the longest time. */
export type Sort = "dockerfile" | "difference" | "duration";

/** One line of the table: the head of a stage or a step. */
export type TableItem =
  | { readonly kind: "stage"; readonly key: string; readonly stage: string; readonly rowIds: readonly string[] }
  | { readonly kind: "step"; readonly key: string; readonly rowId: string };

/** The lines of the table: stages with their steps, or all steps in one list when another order was chosen. */
export function tableItems(rows: readonly StepRow[], sort: Sort, nowMs: number): readonly TableItem[] {
  return sort === "dockerfile" ? byStage(rows) : sorted(rows, sort, nowMs).map(stepItem);
}

function byStage(rows: readonly StepRow[]): readonly TableItem[] {
  const items: TableItem[] = [];
  for (let start = 0; start < rows.length;) {
    const stage = rows[start]?.stage ?? "";
    let end = start + 1;
    while (end < rows.length && rows[end]?.stage === stage) end += 1;
    const steps = rows.slice(start, end);
    items.push({ kind: "stage", key: `stage:${steps[0]?.id ?? ""}`, stage, rowIds: steps.map((row) => row.id) });
    items.push(...steps.map(stepItem));
    start = end;
  }
  return items;
}

function stepItem(row: StepRow): TableItem {
  return { kind: "step", key: row.id, rowId: row.id };
}

function sorted(rows: readonly StepRow[], sort: "difference" | "duration", nowMs: number): readonly StepRow[] {
  const longest = (row: StepRow): number =>
    Math.max(0, ...row.cells.map((cell) => (cell && hasTime(cell) ? timeOf(cell, nowMs) : 0)));
  const size = sort === "duration" ? longest : (row: StepRow) => compareCells(row.cells, nowMs)?.ms ?? 0;
  const sizes = new Map(rows.map((row) => [row, size(row)]));
  return rows.toSorted((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
}

/** Sum of one platform's times in some steps; undefined when none of them has worked yet. */
export function sumOf(rows: readonly StepRow[], laneIndex: number, nowMs: number): number | undefined {
  let sum: number | undefined;
  for (const row of rows) {
    const cell = row.cells[laneIndex];
    if (cell && hasTime(cell)) sum = (sum ?? 0) + timeOf(cell, nowMs);
  }
  return sum;
}

/** Steps of one stage (or all steps, when sorted by time) with their places in CSS pixels from the table's top. */
export interface TableGroup {
  /** Index of the stage's head among the items; absent when sorted by time. */
  readonly head?: number;
  /** Indexes of the group's steps: from `start` up to but not including `end`. */
  readonly start: number;
  readonly end: number;
  readonly top: number;
  readonly height: number;
}

/** Puts the lines of the table into groups, whose heads stay in sight while their steps scroll. */
export function groupItems(
  items: readonly { readonly kind: "stage" | "step" }[],
  heights: { readonly stage: number; readonly step: number },
): readonly TableGroup[] {
  const groups: TableGroup[] = [];
  let top = 0;
  for (let start = 0; start < items.length;) {
    const hasHead = items[start]?.kind === "stage";
    const first = hasHead ? start + 1 : start;
    let end = first;
    while (items[end]?.kind === "step") end += 1;
    const height = (hasHead ? heights.stage : 0) + (end - first) * heights.step;
    groups.push({ ...(hasHead && { head: start }), start: first, end, top, height });
    top += height;
    start = end;
  }
  return groups;
}
