import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Disposable } from "../event.ts";
import { turn } from "../turns.ts";
import { apiErrorOf, apiErrorOfStatus } from "./apiError.ts";
import type { WireAnswer } from "./http/exchange.ts";
import type { ClusterAccess } from "./kubeconfig.ts";
import { Transport } from "./http/transport.ts";

/** What a request may carry besides its method and path. */
export interface ApiRequest {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of the body; for PATCH one of Kubernetes' patch types. Default: `application/json`. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** Longest silence of the server, in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number;
}

/** One page of a list. */
export interface ListPage {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  /** Token for the next page; absent on the last one. */
  readonly next?: string;
}

/** One event of a watch; `object` is the wire JSON. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: Readonly<Record<string, unknown>>;
}

/**
 * The Kubernetes API of one server as one user: JSON in, JSON out. Every call ends: by its answer, by its signal, or
 * by a timeout. Throws `ApiError` when the server refuses, and the connection's own error when it is not
 * reached; `explain` makes a sentence of any of them.
 *
 * Own code instead of client-node's API classes: those know no signal and no deadline, make a new TLS connection for
 * each request, do not parse error bodies, and take a fifth of a second of the extension host to load.
 */
export class KubeApi implements Disposable {
  readonly access: ClusterAccess;
  readonly #transport: Transport;

  /** `env`: for proxies and exec plugins; `connectTimeoutMs`: how long a connection may take to be made. */
  constructor(access: ClusterAccess, env: Readonly<NodeJS.ProcessEnv>, connectTimeoutMs = 10_000) {
    this.access = access;
    this.#transport = new Transport(access, env, connectTimeoutMs);
  }

  /** What the sign-in waits for, which is most often the user. */
  get signIn(): Transport["signIn"] {
    return this.#transport.signIn;
  }

  /** The parsed body of the answer. `path` begins with `/api` or `/apis`. */
  async request(method: string, path: string, request: ApiRequest = {}): Promise<unknown> {
    return JSON.parse(await readText(await this.#send(method, path, request)));
  }

  /** One page of a collection. */
  async listPage(path: string, request: Omit<ApiRequest, "body" | "contentType"> = {}): Promise<ListPage> {
    const text = await readText(await this.#send("GET", path, request));
    await turn();
    const { items, metadata } = JSON.parse(text) as {
      readonly items?: readonly unknown[] | null;
      readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
    };
    return {
      items: items ?? [],
      resourceVersion: metadata?.resourceVersion ?? "",
      next: metadata?.continue ? metadata.continue : undefined,
    };
  }

  /**
   * Opens a watch; resolves when the server has accepted it. The iterable ends when the server ends the watch, and
   * throws when the connection breaks, falls silent for `timeoutMs`, or the server reports an error in it
   * (`ApiError`, 410 for an old resource version). Leaving the loop closes the connection.
   */
  async watch(path: string, request: Omit<ApiRequest, "body" | "contentType">): Promise<AsyncIterable<WatchEvent>> {
    const { body } = await this.#send("GET", path, { ...request, query: { ...request.query, watch: true } });
    return watchEvents(body);
  }

  /** The text at a path, such as a log. @throws what {@link request} throws */
  async readText(path: string, request: Omit<ApiRequest, "body" | "contentType"> = {}): Promise<string> {
    return readText(await this.#send("GET", path, request));
  }

  /** Closes all connections; what is under way fails. */
  dispose(): void {
    this.#transport.dispose();
  }

  async #send(method: string, path: string, request: ApiRequest): Promise<WireAnswer> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const isWatch = request.query?.["watch"] === true;
    const answer = await this.#transport.send({
      method,
      path: path + queryString(request.query ?? {}),
      headers: {
        accept: "application/json",
        "user-agent": "multi-arch-builds",
        // Of lists only: a compressed watch would be held back until a block is full.
        ...(isWatch ? {} : { "accept-encoding": "gzip" }),
        ...(body === undefined
          ? {}
          : {
              "content-type": request.contentType ?? "application/json",
              "content-length": String(Buffer.byteLength(body)),
            }),
      },
      body,
      signal: request.signal,
      idleTimeoutMs: request.timeoutMs ?? 30_000,
      isWatch,
    });
    return accepted(answer);
  }
}

function queryString(query: NonNullable<ApiRequest["query"]>): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, String(value));
  return parameters.size === 0 ? "" : `?${parameters.toString()}`;
}

async function accepted(answer: WireAnswer): Promise<WireAnswer> {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return answer;
  throw apiErrorOf(status, await readText(answer), headers["retry-after"]);
}

async function readText({ headers, body }: WireAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) chunks.push(chunk);
  };
  if (headers["content-encoding"] === "gzip") await pipeline(body, createGunzip(), collect);
  else await collect(body);
  return Buffer.concat(chunks).toString("utf8");
}

async function* watchEvents(body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  for await (const line of jsonLines(body)) {
    const { type, object } = line as {
      readonly type: WatchEvent["type"] | "ERROR";
      readonly object: WatchEvent["object"];
    };
    if (type === "ERROR") throw apiErrorOfStatus(object, 500);
    yield { type, object };
  }
}

/** Lines may be as long as the largest object: pieces are joined once, at the line's end. */
async function* jsonLines(source: AsyncIterable<Buffer>): AsyncGenerator {
  let pieces: Buffer[] = [];
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", start)) {
      const line = Buffer.concat([...pieces, chunk.subarray(start, end)]).toString("utf8");
      pieces = [];
      start = end + 1;
      if (line.trim() !== "") yield JSON.parse(line);
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
}
