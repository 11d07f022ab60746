import { TextDecoder } from "node:util";
import { visible } from "../visible.ts";

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
 * A step's output, as much of its end as fits. It stays in base64, as it came, until somebody reads it: most output of
 * a build is never looked at. A position is a number of pieces, as every read ends one.
 */
export class StepLog {
  readonly #maxBytes: number;
  readonly #pieces: Piece[] = [];
  /** Pieces dropped; the position of the first one kept. */
  #first = 0;
  #droppedBytes = 0;
  /** Of the pieces kept. */
  #bytes = 0;
  #lastTime: string | undefined;

  constructor(maxBytes = 2 * 2 ** 20) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Wire time of the last chunk. */
  get lastTime(): string | undefined {
    return this.#lastTime;
  }

  append(stream: LogStream, base64: string, time: string | undefined): void {
    let piece = this.#pieces[this.#pieces.length - 1];
    if (!piece?.isOpen) {
      piece = new Piece();
      this.#pieces.push(piece);
    }
    this.#bytes += piece.add(stream, base64);
    if (time !== undefined) this.#lastTime = time;
    while (this.#bytes > this.#maxBytes && this.#pieces.length > 1) this.#dropOldest();
  }

  /** What was printed since a position of an earlier read; from the beginning by default. */
  read(from = 0): LogPart {
    const texts = this.#pieces.map((piece) => piece.read()).slice(Math.max(0, from - this.#first));
    return {
      text: texts.join(""),
      next: this.#first + this.#pieces.length,
      reset: from < this.#first,
      droppedBytes: this.#droppedBytes,
    };
  }

  #dropOldest(): void {
    const oldest = this.#pieces.shift();
    if (!oldest) return;
    this.#first++;
    this.#bytes -= oldest.bytes;
    this.#droppedBytes += oldest.bytes;
  }
}

/** Chunks that follow each other, kept, read and dropped together. */
class Piece {
  bytes = 0;
  /** Streams by the number of the first chunk that is theirs. */
  readonly #streams = new Map<number, LogStream>();
  #stream: LogStream | undefined;
  #chunks: string[] = [];
  #joined: string | undefined;
  #text: string | undefined;

  get isOpen(): boolean {
    return (
      this.#text === undefined &&
      this.#chunks.length < maxChunks &&
      this.#joined === undefined &&
      this.bytes < maxPieceBytes
    );
  }

  /** @returns the number of bytes that the chunk stands for */
  add(stream: LogStream, base64: string): number {
    const bytes = byteLength(base64);
    this.bytes += bytes;
    if (stream !== this.#stream) this.#streams.set(this.#chunks.length, stream);
    this.#stream = stream;
    this.#chunks.push(base64);
    if (this.#chunks.length >= maxChunks && this.bytes < maxChunks * smallChunk) this.#join();
    return bytes;
  }

  /** A program that writes a few bytes at a time would else take many times as much memory as it writes. */
  #join(): void {
    this.#joined = this.#chunks.join(separator);
    this.#chunks = [];
  }

  read(): string {
    if (this.#text === undefined) {
      const chunks = this.#joined?.split(separator) ?? this.#chunks;
      let stream: LogStream = {};
      this.#text = chunks.map((base64, at) => decode((stream = this.#streams.get(at) ?? stream), base64)).join("");
      this.#joined = undefined;
      this.#chunks = [];
    }
    return this.#text;
  }
}

const maxPieceBytes = 65_536;
const maxChunks = 1024;
const smallChunk = 32;
/** Not in the alphabet of base64. */
const separator = "\n";

function decode(stream: LogStream, base64: string): string {
  stream.decoder ??= new TextDecoder();
  return visible(stream.decoder.decode(Buffer.from(base64, "base64"), { stream: true }));
}

function byteLength(base64: string): number {
  const { length } = base64;
  const padding = base64[length - 2] === "=" ? 2 : base64[length - 1] === "=" ? 1 : 0;
  return Math.max(0, Math.floor(length / 4) * 3 - padding);
}
