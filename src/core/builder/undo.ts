import { messageOf } from "../errors.ts";

/** What has to be taken back of a piece of work that was not finished. */
export class UndoList {
  readonly #steps: ((signal: AbortSignal) => Promise<unknown>)[] = [];

  /** To be called before the step that it takes back begins: that one may be half done. */
  add(step: (signal: AbortSignal) => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /**
   * Takes everything back, the last first, and stops when one thing cannot be: what was made before it is how one gets
   * at it later.
   *
   * @returns why it could not be, in words; undefined when everything was
   */
  async run(): Promise<string | undefined> {
    try {
      for (const step of this.#steps.toReversed()) await step(AbortSignal.timeout(undoTimeoutMs));
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }
}

const undoTimeoutMs = 120_000;
