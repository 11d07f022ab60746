import type { Cell, Timing } from "./snapshot.ts";

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
