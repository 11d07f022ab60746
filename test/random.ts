/** Gives whole numbers from 0 up to but not including `below`; the same ones for the same seed (mulberry32). */
export type Random = (below: number) => number;

export function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One of them. @throws when there is none */
export function oneOf<T>(random: Random, all: readonly T[]): T {
  const chosen = all[random(all.length)];
  if (chosen === undefined) throw new Error("There is nothing to choose from.");
  return chosen;
}
