import { TextDecoder } from "node:util";

/** Output of one vertex on one stream; holds what is needed to put cut characters together again. */
export interface LogStream {
  decoder?: TextDecoder;
}

/** A part of a step's output, as the reader of {@link StepLog.read} gets it. */
export interface LogPart {
  /** Text as printed, with ANSI codes and carriage returns. */
  readonly text: string;
  /** Where to go on reading. */
  readonly next: number;
  /** True when output between the reader's last position and this text has been dropped: the text stands alone. */
  readonly reset: boolean;
  /** Bytes dropped from the beginning of the whole log. */
  readonly droppedBytes: number;
}

/**
 * A step's output, as much of its end as fits. Chunks stay as they came, in base64, until somebody reads them: most
 * output of a build is never looked at.
 */
export class StepLog {
  readonly #maxBytes: number;
  readonly #maxChunks: number;
  #chunks: Chunk[] = [];
  /** Chunks dropped since the beginning; the position of the first one kept. */
  #first = 0;
  /** Index of the first chunk kept; those before it wait to be cut off together. */
  #head = 0;
  #decoded = 0;
  #bytes = 0;
  #droppedBytes = 0;
  #lastTime: string | undefined;

  /** @param maxChunks bounds the memory of programs that write a few bytes at a time */
  constructor(maxBytes = 2 * 2 ** 20, maxChunks = 100_000) {
    this.#maxBytes = maxBytes;
    this.#maxChunks = maxChunks;
  }

  /** Position behind the last chunk: grows with every piece of output. */
  get end(): number {
    return this.#first + this.#chunks.length - this.#head;
  }

  /** Wire time of the last chunk. */
  get lastTime(): string | undefined {
    return this.#lastTime;
  }

  append(stream: LogStream, base64: string, time: string | undefined): void {
    const bytes = byteLength(base64);
    this.#chunks.push({ stream, text: base64, bytes });
    this.#bytes += bytes;
    if (time !== undefined) this.#lastTime = time;
    while (this.#isTooLong()) this.#dropOldest();
  }

  /** What was printed since a position of an earlier read; from the beginning by default. */
  read(from = 0): LogPart {
    this.#decode();
    const start = Math.max(from, this.#first);
    const texts = this.#chunks.slice(this.#head + start - this.#first).map((chunk) => chunk.text);
    return { text: texts.join(""), next: this.end, reset: from < this.#first, droppedBytes: this.#droppedBytes };
  }

  #decode(): void {
    for (let at = Math.max(this.#decoded, this.#head); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at];
      if (!chunk) break;
      chunk.stream.decoder ??= new TextDecoder();
      chunk.text = chunk.stream.decoder.decode(Buffer.from(chunk.text, "base64"), { stream: true });
    }
    this.#decoded = this.#chunks.length;
  }

  #isTooLong(): boolean {
    const chunks = this.#chunks.length - this.#head;
    return chunks > 1 && (this.#bytes > this.#maxBytes || chunks > this.#maxChunks);
  }

  #dropOldest(): void {
    const bytes = this.#chunks[this.#head]?.bytes ?? 0;
    this.#head++;
    this.#first++;
    this.#bytes -= bytes;
    this.#droppedBytes += bytes;
    if (this.#head < 1024 || this.#head < this.#chunks.length / 2) return;
    this.#chunks = this.#chunks.slice(this.#head);
    this.#decoded = Math.max(0, this.#decoded - this.#head);
    this.#head = 0;
  }
}

interface Chunk {
  readonly stream: LogStream;
  /** Base64 until it is decoded. */
  text: string;
  readonly bytes: number;
}

function byteLength(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.max(0, Math.floor(base64.length / 4) * 3 - padding);
}
