import type { IncomingHttpHeaders } from "node:http";

/** One request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path with query, as it follows the server address. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Longest time without any byte of the answer once the request is sent, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** True for an answer that goes on for ever, and that is asked for again as soon as its connection is doubted. */
  readonly isWatch?: boolean;
}

/** The head of an answer, whose body must be read; leaving the loop over it ends the exchange. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/**
 * A connection was closed by the other side before there was an answer, or took no more requests; `cause` says how. On
 * another connection the request goes well, most often; client-go, too, tries reads again.
 */
export class ClosedMeanwhile extends Error {
  override readonly name = "ClosedMeanwhile";
  /** True when the server has not looked at the request; else it may have been done already. */
  readonly isUndone: boolean;

  constructor(cause: unknown, { isUndone = false } = {}) {
    super("the connection was closed meanwhile", { cause });
    this.isUndone = isUndone;
  }
}

/** True when the other side has ended the connection. */
export function isReset(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
