import { plainText } from "./ansi.ts";
import type { StepLog } from "./stepLog.ts";

/** Finds the lines of a log that contain a text; each new line is looked at once, however long the log grows. */
export class LogSearch {
  readonly #query: string;
  #matches: number[] = [];
  #nextLine = 0;

  /** @param query letters match without regard to case; an empty text finds nothing */
  constructor(query: string) {
    this.#query = query.toLowerCase();
  }

  /** Numbers of the matching lines that the log still has, in order. */
  find(log: StepLog): readonly number[] {
    if (this.#query === "") return [];
    if (log.endLine < this.#nextLine) [this.#matches, this.#nextLine] = [[], 0];
    // The last line seen may have been unfinished: it is looked at again.
    const from = Math.max(log.firstLine, this.#nextLine - 1);
    const fresh: number[] = [];
    for (let number = from; number < log.endLine; number += 1) {
      if (plainText(log.line(number)).toLowerCase().includes(this.#query)) fresh.push(number);
    }
    if (fresh.length > 0 || this.#matches.some((number) => number < log.firstLine || number >= from)) {
      this.#matches = [...this.#matches.filter((number) => number >= log.firstLine && number < from), ...fresh];
    }
    this.#nextLine = log.endLine;
    return this.#matches;
  }
}
