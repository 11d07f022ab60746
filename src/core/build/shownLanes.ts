import type { BuilderLoss } from "./podLoss.ts";
import type { BuildState, Lane, Placement } from "./snapshot.ts";

/** What a build knows of its platforms beside what the progress stream tells. */
export interface LaneContext {
  readonly state: BuildState;
  readonly startedMs: number;
  readonly placements: readonly Placement[];
  /** The pod whose loss has ended the build. */
  readonly lost: BuilderLoss | undefined;
}

/** The lanes of the progress stream as they are shown: where they are built, and how they end with the build. */
export function shownLanes(
  lanes: readonly Lane[],
  { state, startedMs, placements, lost }: LaneContext,
): readonly Lane[] {
  const isCutShort = state === "failed" || state === "canceled";
  return lanes.map((lane) => {
    const placement = placements.find(({ platform }) => platform === lane.platform);
    const shown = { ...sinceStart(lane, startedMs), ...(placement && { placement }) };
    if (lost?.platforms.includes(lane.platform)) return { ...shown, state: "failed" };
    // What had steps left when the build ended early was stopped, though all it had begun was done.
    const hasSteps = lane.state === "done" || lane.state === "cached";
    const isStopped = isCutShort && hasSteps && lane.steps.finished < lane.steps.total;
    return isStopped ? { ...shown, state: "canceled" } : shown;
  });
}

/** Steps that are shared with an equal build that had begun before count only from this build's start on. */
function sinceStart(lane: Lane, startedMs: number): Lane {
  const earlyMs = startedMs - (lane.startedMs ?? startedMs);
  if (earlyMs <= 0) return lane;
  const { runningSinceMs } = lane;
  if (runningSinceMs === undefined) return { ...lane, startedMs, durationMs: Math.max(0, lane.durationMs - earlyMs) };
  return { ...lane, startedMs, runningSinceMs: Math.max(runningSinceMs, startedMs) };
}
