import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { type Duplex, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { Outlet } from "./outlet.ts";
import type { Refusal } from "./refusal.ts";
import type { RequestInfo } from "./requestInfo.ts";

/** From this size on the API server compresses, with the fastest level. */
const gzipFromBytes = 128 * 1024;

/** What a running watch can be made to do from outside. */
export interface RunningWatch {
  /** Sends an error and ends. */
  fail(refusal: Refusal): void;
  bookmark(): void;
}

/** One request with its answer, from its head until the last byte. */
export class Exchange {
  readonly info: RequestInfo;
  readonly request: IncomingMessage;
  readonly outlet: Outlet;
  /** Name of the user; empty until it is known. */
  user = "";
  /** Present while a watch is running. */
  watch: RunningWatch | undefined;
  /** Status of the answer; undefined until it begins. */
  status: number | undefined;
  readonly #response: ServerResponse | undefined;
  readonly #socket: Duplex;

  /** `response`: absent for a connection that is to be upgraded. */
  constructor(info: RequestInfo, request: IncomingMessage, response?: ServerResponse) {
    this.info = info;
    this.request = request;
    this.#response = response;
    this.#socket = connectionOf(request);
    this.outlet = new Outlet(response ?? request.socket, () => this.cut());
  }

  /** The connection, which other requests use before and after this one. */
  get socket(): Duplex {
    return this.#socket;
  }

  get hasBegun(): boolean {
    return this.status !== undefined;
  }

  /** Sends the head; the body is written to the outlet. */
  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.status = status;
    if (this.#response) {
      this.#response.writeHead(status, headers);
      this.#response.flushHeaders();
      return;
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    void this.outlet.write(`HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${lines.join("")}\r\n`);
  }

  /** Sends a whole answer. The pieces belong together; the machine is given a rest between them. */
  async send(status: number, type: string, pieces: readonly string[], retryAfter?: number): Promise<void> {
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    const isCompressed =
      size >= gzipFromBytes && /\bgzip\b/.test(this.request.headers["accept-encoding"]?.toString() ?? "");
    const headers: Record<string, string> = {
      "content-type": type,
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
      ...(isCompressed ? { "content-encoding": "gzip", vary: "Accept-Encoding" } : {}),
    };
    if (!this.#response)
      Object.assign(headers, { "content-length": String(Buffer.byteLength(pieces.join(""))), connection: "close" });
    this.begin(status, headers);
    const bodies = isCompressed ? Readable.from(pieces).pipe(createGzip({ level: 1 })) : pieces;
    for await (const body of bodies as AsyncIterable<Buffer> | readonly string[]) await this.outlet.write(body);
    await this.outlet.end();
  }

  async sendJson(status: number, body: unknown): Promise<void> {
    await this.send(status, "application/json", [`${JSON.stringify(body)}\n`]);
  }

  async refuse(refusal: Refusal): Promise<void> {
    const body = `${JSON.stringify(refusal.toStatus())}\n`;
    await this.send(refusal.code, "application/json", [body], refusal.retryAfter);
  }

  /** Breaks the connection. */
  cut(): void {
    this.#socket.destroy();
  }
}

/** The connection, which with HTTP/2 is not the request's own. */
function connectionOf(request: IncomingMessage): Duplex {
  const { stream } = request as { readonly stream?: Http2ServerRequest["stream"] };
  return stream?.session?.socket ?? request.socket;
}

function reasonPhrase(status: number): string {
  return status === 101 ? "Switching Protocols" : `Status ${status}`;
}
