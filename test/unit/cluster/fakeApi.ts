import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { ClusterAccess } from "../../../src/core/cluster/kubeconfig.ts";
import type { Stanza } from "../../../src/core/cluster/kubeconfigFile.ts";

/** One request as the server got it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly socket: Socket;
}

/** What a server speaks: HTTP/1.1 without TLS or with it, or HTTP/2. */
export type Protocol = "http" | "https" | "h2";

type Handler = (request: SeenRequest, response: ServerResponse) => void;

/** A stand-in for an API server: answers as the test says, and remembers what it was asked. */
export class FakeApi implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  /** Connections that were made. */
  connections = 0;
  handler: Handler = (_request, response) => status(response, 404, "NotFound", "not there");
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;

  readonly #waiting = new Set<() => void>();

  private constructor(protocol: Protocol, tls: ServerOptions) {
    const listener: RequestListener = (message, response) => void this.#handle(message, response);
    if (protocol === "http") this.#server = createServer(listener);
    else if (protocol === "https") this.#server = createTlsServer(tls, listener);
    // Its requests and answers have what the tests use of HTTP/1.1's.
    else this.#server = createSecureServer(tls, listener as never) as never;
    this.#scheme = protocol === "http" ? "http" : "https";
    this.#server.on("connection", (socket: Socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** `tls`: makes it speak TLS, and with `protocol` also HTTP/2. */
  static async start(handler?: Handler, tls?: ServerOptions, protocol?: Protocol): Promise<FakeApi> {
    const api = new FakeApi(protocol ?? (tls ? "https" : "http"), tls ?? {});
    if (handler) api.handler = handler;
    await new Promise<void>((resolve) => api.#server.listen(0, "127.0.0.1", resolve));
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Resolves when that many requests have been seen. */
  async seen(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = (): void => {
      if (this.requests.length >= count) resolve();
    };
    this.#waiting.add(check);
    check();
    await promise.finally(() => this.#waiting.delete(check));
  }

  /** Cuts all connections, as a network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    const request = {
      method: message.method ?? "",
      url: new URL(message.url ?? "", this.url),
      headers: message.headers,
      body: Buffer.concat(chunks).toString(),
      socket: message.socket,
    };
    this.requests.push(request);
    this.handler(request, response);
    for (const check of this.#waiting) check();
  }
}

/** Answers with an object. */
export function json(response: ServerResponse, body: unknown, code = 200): void {
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Answers with a Status object, as the API server does when it refuses. */
export function status(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, { kind: "Status", status: "Failure", code, reason, message }, code);
}

/** Answers that the user has not the right, in the API server's words. */
export function forbid(response: ServerResponse, verb: string, resource: string): void {
  const message = `${resource} is forbidden: User "u" cannot ${verb} resource "${resource}" in API group ""`;
  status(response, 403, "Forbidden", message);
}

/** Answers with a list. */
export function list(
  response: ServerResponse,
  items: readonly unknown[],
  resourceVersion: string,
  next?: string,
): void {
  json(response, { metadata: { resourceVersion, continue: next }, items });
}

/** Writes one event of a watch. */
export function event(response: ServerResponse, type: string, object: unknown): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

/** The access to a server, as a kubeconfig would give it. */
export function accessTo(server: string, user: Stanza = {}, cluster: Stanza = {}): ClusterAccess {
  return {
    context: { name: "lab", cluster: "lab", server, user: "tester" },
    cluster: { server, ...cluster },
    user,
    identity: server,
  };
}

/** A file of `test/fixtures`. */
export function fixture(...names: readonly string[]): string {
  return path.join(import.meta.dirname, "../../fixtures", ...names);
}

/** Key and certificate of `test/fixtures/tls`. */
export function tlsFixture(name: string): { readonly key: Buffer; readonly cert: Buffer } {
  return { key: readFileSync(fixture("tls", `${name}.key`)), cert: readFileSync(fixture("tls", `${name}.crt`)) };
}
