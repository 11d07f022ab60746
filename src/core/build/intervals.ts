/** Times of one vertex or step. All in epoch milliseconds. */
export interface MergedIntervals {
  /** Sum of the merged intervals that are closed. */
  readonly durationMs: number;
  /** Start of the merged interval that is still open; present exactly when one is. */
  readonly runningSinceMs?: number;
  readonly startedMs?: number;
  /** End of the last closed interval; absent while one is open. */
  readonly completedMs?: number;
}

/**
 * The intervals in which a vertex has worked. A vertex may start several times; BuildKit repeats an interval with its
 * end when it is over, so the start is the key. By the rule of `mergeIntervals` in BuildKit's
 * https://github.com/moby/buildkit/blob/v0.34.2/util/progress/progressui/display.go
 */
export class Intervals {
  readonly #ends = new Map<number, number | undefined>();

  /** Adds an interval, or ends the one with this start. A closed interval is never opened again. */
  set(startedMs: number, completedMs: number | undefined): void {
    const known = this.#ends.get(startedMs);
    this.#ends.set(startedMs, completedMs === undefined ? known : Math.max(startedMs, completedMs));
  }

  get size(): number {
    return this.#ends.size;
  }

  get isOpen(): boolean {
    for (const end of this.#ends.values()) if (end === undefined) return true;
    return false;
  }

  /** The last time that is known of them; undefined when there are none. */
  get lastMs(): number | undefined {
    let last: number | undefined;
    for (const [start, end = start] of this.#ends) last = Math.max(last ?? end, end);
    return last;
  }

  /** Ends every open interval. */
  close(endMs: number): void {
    for (const [start, end] of this.#ends) if (end === undefined) this.#ends.set(start, Math.max(start, endMs));
  }

  *[Symbol.iterator](): Iterator<readonly [startedMs: number, completedMs: number | undefined]> {
    yield* this.#ends;
  }
}

/** Joins what overlaps or touches. An open interval takes in everything that begins after it. */
export function mergeIntervals(all: Iterable<Iterable<readonly [number, number | undefined]>>): MergedIntervals {
  const sorted = [...all].flatMap((one) => [...one]).toSorted(([a], [b]) => a - b);
  const startedMs = sorted[0]?.[0];
  if (startedMs === undefined) return { durationMs: 0 };
  let durationMs = 0;
  let [start, end] = [startedMs, startedMs];
  for (const [nextStart, nextEnd] of sorted) {
    if (nextStart > end) {
      durationMs += end - start;
      [start, end] = [nextStart, nextStart];
    }
    if (nextEnd === undefined) return { durationMs, runningSinceMs: start, startedMs };
    end = Math.max(end, nextEnd);
  }
  return { durationMs: durationMs + end - start, startedMs, completedMs: end };
}
