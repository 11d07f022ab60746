import { messageOf } from "../errors.ts";

/** What has to be taken back of a piece of work that was not finished. */
export class UndoList {
  readonly #steps: ((signal: AbortSignal) => Promise<unknown>)[] = [];

  /** To be called before the step that it takes back begins: that one may be half done. */
  add(step: (signal: AbortSignal) => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Takes everything back, the last first, and goes on when one thing cannot be. @returns what could not be, in words */
  async run(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const step of this.#steps.toReversed()) {
      try {
        await step(AbortSignal.timeout(undoTimeoutMs));
      } catch (error) {
        problems.push(messageOf(error));
      }
    }
    return problems;
  }
}

const undoTimeoutMs = 120_000;
