/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The bar: the most that is acceptable, in the same unit; for figures with a ratio, of the ratio. */
  readonly limit: number;
  /** The value beside what it is compared with, measured in the same run. */
  readonly ratio?: number;
}

export function isWithinLimit({ value, ratio, limit }: Figure): boolean {
  return (ratio ?? value) <= limit;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Runs two things in turn, so that a machine whose speed drifts is fair to both; returns their times in milliseconds. */
export async function inTurn(
  rounds: number,
  ours: () => Promise<unknown>,
  bare: () => Promise<unknown>,
): Promise<{ readonly ours: readonly number[]; readonly bare: readonly number[] }> {
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.ours.push(await timed(ours));
    times.bare.push(await timed(bare));
  }
  return times;
}

export async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
