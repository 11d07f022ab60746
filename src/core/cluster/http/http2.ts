import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { RequestTimeout } from "../apiError.ts";
import { ClosedMeanwhile, isReset, type WireAnswer, type WireRequest } from "./exchange.ts";

/** How often the server is asked for a sign of life while something is awaited from it. */
const pingMs = 2_000;
/** After so long without a byte the connection is given up; before that, only its watches are. */
const longestSilenceMs = 10_000;
/** Of what comes in before it is read. Node's own 64 KiB would hold up lists on the way to a distant server. */
const windowBytes = 8 * 1024 * 1024;

/**
 * One HTTP/2 connection, shared by all requests. It knows when the server has gone without a word (the laptop slept, the
 * VPN is gone): HTTP/2 can ask for a sign of life, which no proxy in between can give.
 */
export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #streams = new Map<ClientHttp2Stream, WireRequest>();
  #pinging: NodeJS.Timeout | undefined;
  /** Since when a ping is not answered, and how much had come until then. */
  #silence: { readonly sinceMs: number; readonly bytesRead: number } | undefined;
  #isDoubted = false;

  /** `end`: ends it when aborted; what is under way fails then. */
  constructor(server: URL, socket: Socket, end: AbortSignal) {
    this.#socket = socket;
    this.#session = connect(server.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: windowBytes },
    });
    this.#session.on("error", () => undefined); // Each stream tells its own reader.
    this.#session.once("connect", () => this.#session.setLocalWindowSize(windowBytes));
    this.#session.unref();
    const destroy = (): void => this.#session.destroy();
    end.addEventListener("abort", destroy, { once: true });
    this.#session.once("close", () => end.removeEventListener("abort", destroy));
    if (end.aborted) destroy();
  }

  /** False when new requests need another connection: this one ends, is doubted, or has as many as the server allows. */
  get isOpen(): boolean {
    const { maxConcurrentStreams = Infinity } = this.#session.remoteSettings ?? {};
    const isFull = this.#streams.size > 0 && this.#streams.size >= maxConcurrentStreams;
    return !isFull && !this.#isDoubted && !this.#session.closed && !this.#session.destroyed;
  }

  /**
   * Resolves when the head of the answer is there.
   *
   * @throws {ClosedMeanwhile}; {RequestTimeout}; the connection's own error; the reason of the request's signal
   */
  async exchange(request: WireRequest): Promise<WireAnswer> {
    const { method, path, headers, signal, idleTimeoutMs } = request;
    const stream = this.#open({ ...headers, ":method": method, ":path": path }, request);
    return new Promise((resolve, reject) => {
      const abort = (): unknown => stream.destroy(signal?.reason as Error);
      signal?.addEventListener("abort", abort, { once: true });
      // Not the stream's own timer: that goes on after the stream, and keeps all of it for as long.
      const idle = setTimeout(() => stream.destroy(new RequestTimeout("answer", idleTimeoutMs)), idleTimeoutMs);
      const fail = (error: Error): void => {
        if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) {
          this.retire(); // It is full, or is to end.
          reject(new ClosedMeanwhile(error, { isUndone: true }));
        } else reject(isReset(error) ? new ClosedMeanwhile(error) : error);
      };
      stream.on("error", (error) => fail(inTermsOfSockets(error)));
      stream.once("close", () => {
        clearTimeout(idle);
        signal?.removeEventListener("abort", abort);
        fail(resetError());
      });
      stream.once("response", (head) => {
        stream.on("data", () => idle.refresh());
        resolve({ status: Number(head[constants.HTTP2_HEADER_STATUS]), headers: head, body: wholeBody(stream) });
      });
      if (request.body !== undefined) stream.end(request.body);
    });
  }

  /** Ends the connection when what is under way has ended. */
  retire(): void {
    this.#session.close();
  }

  #open(headers: Record<string, string | string[]>, request: WireRequest): ClientHttp2Stream {
    const stream = this.#session.request(headers, { endStream: request.body === undefined });
    this.#streams.set(stream, request);
    if (this.#streams.size === 1) {
      this.#session.ref();
      this.#pinging = setInterval(() => this.#ping(), pingMs);
    }
    stream.once("close", () => {
      this.#streams.delete(stream);
      if (this.#streams.size > 0) return;
      clearInterval(this.#pinging);
      this.#silence = undefined;
      this.#session.unref();
    });
    return stream;
  }

  #ping(): void {
    // When this process has slept, the answer may be there and not yet read: first look, then judge.
    setImmediate(() => {
      if (this.#session.destroyed) return;
      if (this.#silence && this.#socket.bytesRead === this.#silence.bytesRead) {
        this.#doubt(Date.now() - this.#silence.sinceMs);
        return;
      }
      this.#isDoubted = false;
      const silence = { sinceMs: Date.now(), bytesRead: this.#socket.bytesRead };
      this.#silence = silence;
      this.#session.ping(() => {
        if (this.#silence === silence) this.#silence = undefined;
      });
    });
  }

  /** A watch goes on elsewhere at once; what may change something in the cluster gets more time. */
  #doubt(silentMs: number): void {
    this.#isDoubted = true;
    for (const [stream, { isWatch = false }] of this.#streams) {
      if (isWatch) stream.destroy(new RequestTimeout("answer", silentMs));
    }
    if (silentMs >= longestSilenceMs) this.#session.destroy(new RequestTimeout("answer", silentMs));
  }
}

/**
 * What comes from now on, to its true end. Not by Node's own iterator: of a stream that the server has closed already,
 * it throws away what has come. And Node ends a stream whose connection broke as if all had come; how it was closed
 * comes out a moment later.
 */
function wholeBody(stream: ClientHttp2Stream): AsyncIterable<Buffer> {
  const body = stream.pipe(new PassThrough(), { end: false });
  body.on("error", () => undefined); // Told to who reads it, if anybody does.
  body.once("close", () => stream.destroy());
  stream.once("error", (error) => body.destroy(inTermsOfSockets(error)));
  stream.once("close", () => {
    if (stream.rstCode === constants.NGHTTP2_NO_ERROR && stream.readableEnded) body.end();
    else body.destroy(resetError());
  });
  return body;
}

/** A broken connection is called the same whatever was spoken on it. */
function inTermsOfSockets(error: Error): Error {
  return "code" in error && String(error.code).startsWith("ERR_HTTP2_") ? resetError(error) : error;
}

function resetError(cause?: Error): Error {
  return Object.assign(new Error("The connection was closed before the answer was there.", { cause }), {
    code: "ECONNRESET",
  });
}
