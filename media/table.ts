import type { Cell, StepRow, Timing } from "../src/core/build/snapshot.ts";

/** How the table is ordered: as in the Dockerfile, by what the platforms differ most in, or by the longest time. */
export type Sort = "dockerfile" | "difference" | "duration";

/** One line of the table: the head of a stage or a step. */
export type TableItem =
  | { readonly kind: "stage"; readonly key: string; readonly stage: string; readonly rowIds: readonly string[] }
  | { readonly kind: "step"; readonly key: string; readonly rowId: string };

/** What two or more platforms differ in at one step. */
export interface Difference {
  /** Slowest minus fastest, never negative. */
  readonly ms: number;
  /** Slowest divided by fastest; infinite where the fastest took no time. */
  readonly ratio: number;
  readonly slowest: number;
  readonly fastest: number;
  /** `loud` deserves a look (over 2× and over 0.5 s), `noise` does not. */
  readonly weight: "loud" | "plain" | "noise";
}

/** How long a step or a platform has worked at `nowMs`, in milliseconds. */
export function timeOf(timing: Timing, nowMs: number): number {
  if (timing.runningSinceMs === undefined) return timing.durationMs;
  return timing.durationMs + Math.max(0, nowMs - timing.runningSinceMs);
}

/** True where a cell has a time worth a number: it has worked, and the result was not in the cache. */
export function hasTime(cell: Cell): boolean {
  return cell.state !== "cached" && cell.state !== "pending" && (cell.state !== "canceled" || cell.durationMs > 0);
}

/**
 * Compares what the platforms needed for one thing.
 *
 * @param times one per platform; undefined where there is nothing to compare. A running one counts only as slowest,
 *   and only when it has already overtaken one that has finished: before that nobody knows.
 */
export function compare(
  times: readonly ({ readonly ms: number; readonly isRunning: boolean } | undefined)[],
): Difference | undefined {
  let slowest = -1;
  let fastest = -1;
  let most = -1;
  let least = Infinity;
  times.forEach((time, index) => {
    if (!time) return;
    if (time.ms > most) [slowest, most] = [index, time.ms];
    if (!time.isRunning && time.ms < least) [fastest, least] = [index, time.ms];
  });
  if (slowest < 0 || fastest < 0 || slowest === fastest) return undefined;
  const ms = most - least;
  const ratio = least > 0 ? most / least : Infinity;
  return { ms, ratio, slowest, fastest, weight: ms < 100 ? "noise" : ratio > 2 && ms > 500 ? "loud" : "plain" };
}

/** Compares the cells of one row at `nowMs`. */
export function compareCells(cells: readonly (Cell | null)[], nowMs: number): Difference | undefined {
  return compare(
    cells.map((cell) =>
      // A failed or cancelled step would have taken longer still: like a running one it is never the fastest.
      cell && hasTime(cell) ? { ms: timeOf(cell, nowMs), isRunning: cell.state !== "done" } : undefined,
    ),
  );
}

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
