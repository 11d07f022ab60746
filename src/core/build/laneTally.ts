import type { Platform } from "../platform.ts";
import type { Cell, Lane, StepState } from "./snapshot.ts";

/** Sums up the cells of one platform; each change costs the same however many steps there are. */
export class LaneTally {
  readonly platform: Platform;
  readonly #counts: Record<StepState, number> = { pending: 0, running: 0, done: 0, cached: 0, failed: 0, canceled: 0 };
  #total = 0;
  #startedMs: number | undefined;
  #completedMs: number | undefined;

  constructor(platform: Platform) {
    this.platform = platform;
  }

  /** Counts a cell in place of the one it replaces; either may be absent. */
  replace(before: Cell | undefined, after: Cell | undefined): void {
    if (before) this.#count(before.state, -1);
    if (!after) return;
    this.#count(after.state, 1);
    this.#startedMs = pick(Math.min, this.#startedMs, after.startedMs);
    this.#completedMs = pick(Math.max, this.#completedMs, after.completedMs);
  }

  /**
   * A lane's time runs without a break from its first step's start to its last step's end.
   * @param isEnded whether the build has: then nothing runs, and steps that never began do not count as missing
   */
  lane(isEnded: boolean): Lane {
    const { done, cached } = this.#counts;
    const state = this.#state(isEnded);
    const isRunning = state === "running";
    const hasEnded = !isRunning && state !== "pending";
    const [startedMs, completedMs] = [this.#startedMs, hasEnded ? this.#completedMs : undefined];
    return {
      platform: this.platform,
      state,
      steps: { total: this.#total, finished: done + cached, cached },
      durationMs: startedMs === undefined || completedMs === undefined ? 0 : completedMs - startedMs,
      runningSinceMs: isRunning ? startedMs : undefined,
      startedMs,
      completedMs,
    };
  }

  #count(state: StepState, by: number): void {
    this.#counts[state] += by;
    this.#total += by;
  }

  #state(isEnded: boolean): StepState {
    const { pending, running, cached, failed, canceled } = this.#counts;
    if (failed > 0) return "failed";
    if (canceled > 0) return "canceled";
    if (this.#startedMs === undefined) return "pending";
    if (running > 0 || (pending > 0 && !isEnded)) return "running";
    return cached === this.#total ? "cached" : "done";
  }
}

function pick(choose: (a: number, b: number) => number, a: number | undefined, b: number | undefined) {
  return a === undefined ? b : b === undefined ? a : choose(a, b);
}
