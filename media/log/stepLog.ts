import type { LogChunk } from "../../src/protocol.ts";
import { plainText, SgrState } from "./ansi.ts";

/** What a log keeps at most; older lines are dropped in blocks, because dropping one by one would copy all others. */
export const logLimits = { lines: 50_000, dropBlock: 5_000, lineLength: 8_192 } as const;

/**
 * The output of one step as lines, the way a terminal would show them: carriage returns overwrite, colours go on over
 * line ends. Lines have absolute numbers from 0 that stay theirs when older ones are dropped.
 */
export class StepLog {
  readonly #open = new SgrState();
  #lines: string[] = [];
  #firstLine = 0;
  /** The unfinished last line: what its last carriage return left on the screen, and what came after that. */
  #under = "";
  #over = "";
  /** What came at the very end and cannot be understood yet: a carriage return, half an escape sequence. */
  #pending = "";
  #droppedBytes = 0;

  /** Number of the oldest line that is kept: so many were dropped here. */
  get firstLine(): number {
    return this.#firstLine;
  }

  /** One more than the number of the newest line. */
  get endLine(): number {
    return this.#firstLine + this.#lines.length + (this.#under === "" && this.#over === "" ? 0 : 1);
  }

  /** Bytes that the extension had dropped before they came here. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** The text of a line with its colour codes (see ansi.ts); empty for a number that is not there. */
  line(number: number): string {
    const line = this.#lines[number - this.#firstLine];
    return line ?? (number === this.endLine - 1 ? this.#unfinishedLine() : "");
  }

  /** Takes the next piece of output, or a new beginning. */
  append(chunk: LogChunk): void {
    if (chunk.reset) this.#clear();
    this.#droppedBytes = chunk.droppedBytes;
    const parts = `${this.#pending}${chunk.text}`.split("\n");
    const unfinished = parts.pop() ?? "";
    for (const part of parts) {
      this.#print(part.endsWith("\r") ? part.slice(0, -1) : part);
      const line = this.#unfinishedLine();
      this.#push(line);
      this.#open.read(line);
      this.#under = "";
      this.#over = "";
    }
    this.#pending = unfinishedPattern.exec(unfinished)?.[0] ?? "";
    this.#print(unfinished.slice(0, unfinished.length - this.#pending.length));
  }

  /** Prints text without line feeds at the end of the unfinished line. */
  #print(text: string): void {
    const [first = "", ...segments] = text.split("\r");
    this.#over = cut(this.#over + first);
    for (const segment of segments) {
      this.#under = overwrite(this.#under, this.#over);
      this.#over = cut(segment);
    }
  }

  #unfinishedLine(): string {
    return this.#open.sequence() + overwrite(this.#under, this.#over);
  }

  #push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length <= logLimits.lines) return;
    this.#lines = this.#lines.slice(logLimits.dropBlock);
    this.#firstLine += logLimits.dropBlock;
  }

  #clear(): void {
    this.#open.clear();
    this.#lines = [];
    this.#firstLine = 0;
    this.#under = "";
    this.#over = "";
    this.#pending = "";
  }
}

/* oxlint-disable no-control-regex -- control characters are what a log is full of */
const unfinishedPattern = /(?:\r|\u001B(?:\[[0-?]*|\][^\u0007\u001B]{0,500})?)$/;
const erasePattern = /\u001B\[[02]?K/;
const controlPattern = /[\u0000-\u0008\u000B-\u001F\u007F]/;
/** Escape sequences that are no colours: cursor movement, titles, links. */
const otherSequences =
  /\u001B(?:\][^\u0007\u001B]*(?:\u0007|\u001B\\)|\[[0-?]*[ -/]*[@-ln-~]|\[[0-?]*[:<=>?][0-?]*m|[()][A-Z0-9]|[=>NOM78])/g;
const otherControls = /[\u0000-\u0008\u000B-\u001A\u001C-\u001F\u007F]/g;
const sgrAtStart = /^\u001B\[[\d;]*m/;
/* oxlint-enable no-control-regex */

/** What a terminal shows when `text` is printed over `under` from its first column on. */
function overwrite(under: string, text: string): string {
  const over = clean(text);
  if (under === "" || erasePattern.test(text)) return over;
  const length = plainText(over).length;
  return length >= plainText(under).length ? over : over + afterVisible(under, length);
}

/** The rest of a line behind its first `count` visible characters, beginning with the colours in force there. */
function afterVisible(line: string, count: number): string {
  if (!line.includes("\u001B")) return line.slice(count);
  const state = new SgrState();
  let rest = line;
  for (let seen = 0; seen < count && rest !== "";) {
    const sequence = sgrAtStart.exec(rest)?.[0];
    if (sequence) state.read(sequence);
    else seen += 1;
    rest = rest.slice(sequence?.length ?? 1);
  }
  return `\u001B[0m${state.sequence()}${rest}`;
}

function clean(text: string): string {
  return controlPattern.test(text) ? text.replaceAll(otherSequences, "").replaceAll(otherControls, "") : text;
}

/** One endless line must not stop the panel; the whole of it is in the text document. */
function cut(line: string): string {
  return line.length <= logLimits.lineLength ? line : `${line.slice(0, logLimits.lineLength - 1)}…`;
}
