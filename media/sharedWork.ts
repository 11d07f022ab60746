import type { SharedStep, StepState } from "../src/core/build/snapshot.ts";
import { timeOf } from "../src/core/build/comparison.ts";

/** One kind of machinery: the part of a shared step that the strip shows. */
export type SharedWork = Pick<SharedStep, "label" | "state" | "durationMs" | "runningSinceMs" | "bytes">;

/** From here on the machinery takes long enough to be mentioned in full voice. */
const slowMs = 2_000;

/**
 * What the strip says of the shared work: the slow and the failed one by one; of all others one entry per label,
 * because each builder node has its own. It stands for the longest of them, and while one is at work for that.
 */
export function summarize(
  steps: readonly SharedStep[],
  nowMs: number,
): { readonly loud: readonly SharedStep[]; readonly quiet: readonly SharedWork[] } {
  const isLoud = (step: SharedStep): boolean => step.state === "failed" || timeOf(step, nowMs) > slowMs;
  const quiet = Map.groupBy(
    steps.filter((step) => !isLoud(step)),
    (step) => step.label,
  );
  return { loud: steps.filter(isLoud), quiet: [...quiet.values()].map((group) => summaryOf(group, nowMs)) };
}

const weights: Readonly<Record<StepState, number>> = {
  failed: 5,
  running: 4,
  canceled: 3,
  pending: 2,
  done: 1,
  cached: 0,
};

function summaryOf(group: readonly SharedStep[], nowMs: number): SharedWork {
  const [first, ...others] = group.toSorted(
    (a, b) => weights[b.state] - weights[a.state] || timeOf(b, nowMs) - timeOf(a, nowMs),
  );
  if (!first) throw new Error("A group has at least one step.");
  const moved = [first, ...others].flatMap((step) => step.bytes?.current ?? []);
  const bytes = moved.length > 0 ? { current: moved.reduce((sum, current) => sum + current, 0) } : undefined;
  return { ...first, bytes };
}
