import type { Readable } from "node:stream";

/**
 * Splits a stream of bytes into lines, without their ends. Characters cut by a chunk's border stay whole, because a
 * line is decoded as one. Of a line longer than `maxLineBytes` only the beginning is kept, so that memory is bounded.
 * The stream is read no faster than the lines are taken.
 */
export async function* splitLines(stream: Readable, maxLineBytes: number): AsyncGenerator<string, void, undefined> {
  const line = new LineBuffer(maxLineBytes);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      line.add(chunk.subarray(start, end));
      yield line.take();
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  if (!line.isEmpty) yield line.take();
}

/** All text of a stream; what comes after the first `maxBytes` is read and dropped. */
export async function readAll(stream: Readable, maxBytes: number): Promise<string> {
  const text = new LineBuffer(maxBytes);
  for await (const chunk of stream as AsyncIterable<Buffer>) text.add(chunk);
  return text.take();
}

const newline = 0x0a;

class LineBuffer {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  add(part: Buffer): void {
    const kept = part.subarray(0, this.#maxBytes - this.#bytes);
    if (kept.length === 0) return;
    this.#parts.push(kept);
    this.#bytes += kept.length;
  }

  take(): string {
    const text = Buffer.concat(this.#parts).toString("utf8");
    this.#parts = [];
    this.#bytes = 0;
    return text.endsWith("\r") ? text.slice(0, -1) : text;
  }
}
