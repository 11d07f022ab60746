import type { BuildState, Cell, Failure, Lane, StepRow, StepState, Timing } from "../src/core/build/snapshot.ts";
import { formatDifference, formatDuration, formatRatio, formatRunning } from "../src/core/build/format.ts";
import { t } from "./l10n.ts";
import { isEnded } from "./selection.ts";
import { compare, hasTime, timeOf, type Difference } from "../src/core/build/comparison.ts";

/**
 * The state of a step in one word. One that never began reads `waiting` while the build runs. After a good one it was
 * `taken over`: another build on the same builder was at it, or its result was there. Else it was `not run`.
 */
export function stateWord(state: StepState, buildState: BuildState): string {
  switch (state) {
    case "pending":
      if (buildState === "done") return t("taken over");
      return isEnded(buildState) ? t("not run") : t("waiting");
    case "running":
      return t("running");
    case "done":
      return t("done");
    case "cached":
      return t("cached");
    case "failed":
      return t("failed");
    case "canceled":
      return t("cancelled");
  }
}

/** A time as it stands in the table: growing ones with one decimal, finished ones with three digits. */
export function timeText(timing: Timing, nowMs: number): string {
  const ms = timeOf(timing, nowMs);
  return timing.runningSinceMs === undefined ? formatDuration(ms) : formatRunning(ms);
}

/** What stands in a cell: the time, or the state where there is none. */
export function cellText(cell: Cell, buildState: BuildState, nowMs: number): string {
  return hasTime(cell) ? timeText(cell, nowMs) : stateWord(cell.state, buildState);
}

/** What a screen reader says of a cell: `arm64, step 5 of 7, running, 11.9 seconds`. */
export function spokenCell(
  platform: string,
  row: StepRow,
  cell: Cell | null | undefined,
  buildState: BuildState,
  nowMs: number,
): string {
  if (!cell) return t("{0}, no such step", platform);
  const state = stateWord(cell.state, buildState);
  const words = hasTime(cell) ? t("{0}, {1}", state, spokenTime(timeOf(cell, nowMs))) : state;
  return t("{0}, step {1} of {2}, {3}", platform, row.index, row.total, words);
}

/** A duration in words. */
export function spokenTime(ms: number): string {
  if (ms < 100) return t("{0} milliseconds", Math.round(ms));
  if (ms < 59_950) return t("{0} seconds", ms < 9_995 ? (ms / 1000).toFixed(2) : (ms / 1000).toFixed(1));
  const seconds = Math.round(ms / 1000);
  return t("{0} minutes {1} seconds", Math.floor(seconds / 60), seconds % 60);
}

/** `+0.9 s` and `3.5×`. With two platforms the sign tells whether the second is slower; with more it is always plus. */
export function differenceText(
  difference: Difference,
  laneCount: number,
): { readonly amount: string; readonly ratio: string } {
  const isSecondFaster = laneCount === 2 && difference.slowest === 0;
  return {
    amount: formatDifference(isSecondFaster ? -difference.ms : difference.ms),
    ratio: formatRatio(difference.ratio),
  };
}

/** How a platform stands: its state, or how far it is behind the fastest one. */
export interface LaneStanding {
  readonly text: string;
  readonly tone: "good" | "plain" | "loud" | "bad";
}

/** Tells how one platform stands among all of them at `nowMs`. */
export function standingOf(lane: Lane, lanes: readonly Lane[], buildState: BuildState, nowMs: number): LaneStanding {
  if (lane.state === "failed") return { text: t("failed"), tone: "bad" };
  const takenOver = buildState === "done" ? missingOf(lane) : 0;
  // Its time is that of its own steps only.
  if (takenOver > 0) return { text: t("{0} of {1} steps taken over", takenOver, lane.steps.total), tone: "plain" };
  if (lane.state === "done" || lane.state === "running") {
    // What came from the cache on one platform and was built on the other says nothing about either.
    const others = lanes.filter(
      (other) =>
        other !== lane && other.state === "done" && other.steps.cached === lane.steps.cached && missingOf(other) === 0,
    );
    const fastestMs = Math.min(...others.map((other) => timeOf(other, nowMs)));
    const own = { ms: timeOf(lane, nowMs), isRunning: lane.state === "running" };
    const difference = others.length > 0 ? compare([own, { ms: fastestMs, isRunning: false }]) : undefined;
    if (difference && difference.weight !== "noise" && difference.slowest === 0) {
      const ratio = formatRatio(difference.ratio);
      const text = formatDifference(difference.ms) + (ratio && `, ${ratio}`);
      return { text, tone: difference.weight === "loud" ? "loud" : "plain" };
    }
  }
  return { text: stateWord(lane.state, buildState), tone: lane.state === "done" ? "good" : "plain" };
}

function missingOf({ steps }: Lane): number {
  return steps.total - steps.finished;
}

/** One sentence per other platform: what had become of it when the build failed. Empty when nothing had begun. */
export function othersAtFailure(failure: Failure, lanes: readonly Lane[]): readonly string[] {
  if (lanes.every((lane) => lane.state === "pending")) return [];
  return lanes
    .filter((lane) => lane.platform !== failure.platform)
    .map((lane) => {
      switch (lane.state) {
        case "done":
        case "cached":
          return t("{0} had finished.", lane.platform);
        case "failed":
          return t("{0} failed too.", lane.platform);
        case "pending":
          return t("{0} had not begun.", lane.platform);
        case "running":
        case "canceled":
          return t(
            "{0} was cancelled after {1}, with {2} of {3} steps done.",
            lane.platform,
            formatDuration(lane.durationMs),
            lane.steps.finished,
            lane.steps.total,
          );
      }
    });
}

const troublePattern = /error|fatal|fail|cannot|can't|denied|not found|no such|missing|unable|panic|exception/i;
/** What a tool says when something that it has run has failed: true, and no help. */
const echoPattern = /^(?:g?make(?:\[\d+\])?: \*\*\*|ninja: build stopped|npm (?:error|ERR!))/;
const mostTellingLines = 3;

/**
 * The few lines of a failed step's output that tell most: from the last one that speaks of trouble on, because
 * compilers point at the place behind it. Else the very last lines.
 */
export function tellingLines(tail: readonly string[]): readonly string[] {
  const cause = tail.findLastIndex((line) => troublePattern.test(line) && !echoPattern.test(line));
  const trouble = cause >= 0 ? cause : tail.findLastIndex((line) => troublePattern.test(line));
  const start = trouble >= 0 ? trouble : Math.max(0, tail.length - mostTellingLines);
  return tail.slice(start, start + mostTellingLines);
}
