import { PassThrough } from "node:stream";
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import type { Exchange } from "./exchange.ts";
import { spdyDictionary } from "./spdyDictionary.ts";

const { Z_SYNC_FLUSH } = constants;
/** Flag of the last frame of a stream. */
const fin = 0x01;
const frameHead = 8;

/** A stream that the client has opened. */
export interface SpdyStream {
  readonly id: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What the client writes to it. */
  readonly input: PassThrough;
}

/**
 * The server's side of SPDY/3.1, enough for Kubernetes' exec. Without flow control: client-go neither sends nor expects
 * WINDOW_UPDATE, and the connection's own back pressure does.
 */
export class SpdyConnection {
  readonly #exchange: Exchange;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #inflate = codec(createInflate({ dictionary: spdyDictionary(), finishFlush: Z_SYNC_FLUSH }));
  readonly #deflate = codec(createDeflate({ dictionary: spdyDictionary() }));
  #lastId = 0;

  constructor(exchange: Exchange, onStream: (stream: SpdyStream) => void) {
    this.#exchange = exchange;
    this.#onStream = onStream;
  }

  /** Reads frames until the connection ends. */
  async run(): Promise<void> {
    const { socket, outlet } = this.#exchange;
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        // A network that has vanished loses what both sides send.
        if (outlet.isSilent) continue;
        rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
        while (rest.length >= frameHead && rest.length >= frameHead + rest.readUIntBE(5, 3)) {
          const end = frameHead + rest.readUIntBE(5, 3);
          await this.#read(rest.subarray(0, frameHead), rest.subarray(frameHead, end));
          rest = rest.subarray(end);
        }
      }
    } catch {
      // Cut off: what follows is the same as after an end in good order.
    }
    for (const { input } of this.#streams.values()) input.end();
  }

  /** Resolves when the connection has taken it. */
  async write(id: number, data: Buffer, isLast = false): Promise<void> {
    const head = Buffer.alloc(frameHead);
    head.writeUInt32BE(id);
    head.writeUInt32BE(data.length, 4);
    head[4] = isLast ? fin : 0;
    await this.#exchange.outlet.write(Buffer.concat([head, data]));
  }

  /** Says goodbye and ends the connection. */
  async end(): Promise<void> {
    const lastId = Buffer.alloc(8);
    lastId.writeUInt32BE(this.#lastId);
    this.#control(7, lastId);
    await this.#exchange.outlet.end();
  }

  async #read(head: Buffer, body: Buffer): Promise<void> {
    const isControl = ((head[0] ?? 0) & 0x80) !== 0;
    if (!isControl) return this.#readData(head, body);
    switch (head.readUInt16BE(2)) {
      case 1:
        return this.#open(body);
      case 3: // RST_STREAM
        this.#streams.get(body.readUInt32BE(0))?.input.end();
        return;
      case 6: // PING is sent back
        this.#control(6, body);
        return;
      case 8: // HEADERS: nothing of interest, but the decompressor must see them
        await this.#inflate(body.subarray(4));
        return;
      default: // SETTINGS, GOAWAY, WINDOW_UPDATE
    }
  }

  async #readData(head: Buffer, body: Buffer): Promise<void> {
    const input = this.#streams.get(head.readUInt32BE(0) & 0x7f_ff_ff_ff)?.input;
    if (!input) return;
    if (body.length > 0 && input.writable) {
      const { promise, resolve } = Promise.withResolvers<void>();
      input.write(Buffer.from(body), () => resolve());
      input.once("close", resolve);
      await promise;
      input.off("close", resolve);
    }
    if (((head[4] ?? 0) & fin) !== 0) input.end();
  }

  /** SYN_STREAM: two ids, priority and slot, then the headers. */
  async #open(body: Buffer): Promise<void> {
    const id = body.readUInt32BE(0) & 0x7f_ff_ff_ff;
    const headers = readHeaders(await this.#inflate(body.subarray(10)));
    this.#lastId = id;
    const reply = Buffer.alloc(4);
    reply.writeUInt32BE(id);
    this.#control(2, Buffer.concat([reply, await this.#deflate(Buffer.alloc(4))]));
    const stream = { id, headers, input: new PassThrough() };
    this.#streams.set(id, stream);
    this.#onStream(stream);
  }

  #control(type: number, body: Buffer): void {
    const head = Buffer.alloc(frameHead);
    head.writeUInt16BE(0x80_03);
    head.writeUInt16BE(type, 2);
    head.writeUInt32BE(body.length, 4);
    void this.#exchange.outlet.write(Buffer.concat([head, body]));
  }
}

/** One compressor for all headers of a direction: gives what comes out for each block that goes in. */
function codec(stream: Inflate | Deflate): (block: Buffer) => Promise<Buffer> {
  let out: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => out.push(chunk));
  return async (block) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    stream.once("error", reject);
    stream.write(block, () => stream.flush(Z_SYNC_FLUSH, () => resolve()));
    await promise;
    stream.off("error", reject);
    const joined = Buffer.concat(out);
    out = [];
    return joined;
  };
}

function readHeaders(block: Buffer): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  let offset = 4;
  const next = (): string => {
    const length = block.readUInt32BE(offset);
    offset += 4 + length;
    return block.toString("latin1", offset - length, offset);
  };
  for (let count = block.readUInt32BE(0); count > 0; count -= 1) {
    const name = next();
    headers[name] = next();
  }
  return headers;
}
