import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createSecureServer, type Http2SecureServer, type SecureServerOptions } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Emitter, type Event } from "../../src/core/event.ts";
import type { Access } from "./access.ts";
import { Exchange } from "./exchange.ts";
import { meetNew, meetRunning, meetsRunning } from "./faultEffects.ts";
import { type ActiveFault, Faults } from "./faults.ts";
import { Refusal } from "./refusal.ts";
import { readRequestInfo } from "./requestInfo.ts";

/** What is done with requests that have been let in. */
export interface Handlers {
  /** @throws {Refusal} it is refused */
  answer(exchange: Exchange): Promise<void>;
  /** For a connection that is to speak another protocol. @throws {Refusal} it is refused */
  upgrade(exchange: Exchange, head: Buffer): Promise<void>;
}

/** What is spoken: TLS when there is a certificate, and then HTTP/2 too unless it is not wished. */
export interface Wire {
  readonly tls: SecureServerOptions | undefined;
  readonly isHttp1?: boolean;
}

/**
 * The connections: lets requests in past faults, sign-in and access rules, and knows all that is running. A socket
 * server of its own stands in front of Node's HTTP server, so that the port can go away and come back, or be deaf.
 */
export class ApiServer implements AsyncDisposable {
  readonly faults: Faults;
  readonly #access: Access;
  readonly #handlers: Handlers;
  readonly #http: Server | Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #running = new Set<Exchange>();
  readonly #silent = new WeakSet<Duplex>();
  readonly #requested = new Emitter<Exchange>();
  readonly #progressed = new Emitter<void>();
  #isProgressing = false;
  #requestCount = 0;
  #front: NetServer | undefined;
  #port = 0;
  #isDeaf = false;

  constructor(access: Access, handlers: Handlers, { tls, isHttp1 = false }: Wire) {
    this.#access = access;
    this.#handlers = handlers;
    this.faults = new Faults((fault) => this.#spread(fault));
    const options = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
    if (!tls) this.#http = createHttpServer(options);
    else if (isHttp1) this.#http = createHttpsServer({ ...options, ...tls });
    else this.#http = createSecureServer({ allowHTTP1: true, ...options, ...tls });
    this.#http.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void this.#handle(this.#exchange(request, response), (exchange) => this.#handlers.answer(exchange));
    });
    this.#http.on("upgrade", (request: IncomingMessage, _socket: Duplex, head: Buffer) => {
      void this.#handle(this.#exchange(request), (exchange) => this.#handlers.upgrade(exchange, head));
    });
    this.#http.on("tlsClientError", () => undefined); // a client that does not trust us has told its user
  }

  /** Fires with each request, before anything is done with it. */
  get onDidRequest(): Event<Exchange> {
    return this.#requested.event;
  }

  /** Fires soon after a request has come, met a fault, been answered, become a watch, or ended. */
  get onDidProgress(): Event<void> {
    return this.#progressed.event;
  }

  /** How many requests have come so far. */
  get requestCount(): number {
    return this.#requestCount;
  }

  get port(): number {
    return this.#port;
  }

  /** Requests that have not ended, watches and exec connections among them. */
  get running(): readonly Exchange[] {
    return [...this.#running];
  }

  /** Begins to listen; again on the same port after {@link stop}. `port` 0: any. */
  async listen(port = this.#port): Promise<void> {
    const front = createServer((socket) => this.#accept(socket));
    front.listen(port, "127.0.0.1");
    await once(front, "listening");
    this.#front = front;
    this.#port = (front.address() as AddressInfo).port;
  }

  /** Breaks all connections and refuses new ones, as an API server that has been stopped. */
  async stop(): Promise<void> {
    const front = this.#front;
    this.#front = undefined;
    front?.close();
    this.cut();
    if (front) await once(front, "close");
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Connections are accepted and nothing more, not even TLS; those that are there fall silent for ever. */
  set isDeaf(isDeaf: boolean) {
    this.#isDeaf = isDeaf;
    if (isDeaf) for (const exchange of this.#running) this.#silence(exchange);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.clear();
    await this.stop();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined); // cut by the other side
    socket.setNoDelay(true);
    if (this.#isDeaf) socket.pause();
    else this.#http.emit("connection", socket);
  }

  #exchange(request: IncomingMessage, response?: ServerResponse): Exchange {
    const info = readRequestInfo(request.method ?? "", request.url ?? "/");
    const exchange = new Exchange(info, request, response);
    exchange.user = this.#access.userOf(request.headers.authorization) ?? "";
    return exchange;
  }

  async #handle(exchange: Exchange, work: (exchange: Exchange) => Promise<void>): Promise<void> {
    if (this.#isDeaf || this.#silent.has(exchange.socket)) return this.#silence(exchange);
    this.#running.add(exchange);
    exchange.outlet.closed.addEventListener("abort", () => this.#forget(exchange), { once: true });
    this.#requestCount += 1;
    this.#requested.fire(exchange);
    this.#progress();
    try {
      for (const fault of this.faults.active) {
        if (!fault.meets(exchange)) continue;
        this.#progress();
        if ((await meetNew(exchange, fault, () => this.#silence(exchange))) === "done") return;
      }
      this.#access.authenticate(exchange.request.headers.authorization);
      this.#access.authorize(exchange.user, exchange.info);
      const working = work(exchange);
      this.#progress();
      await working;
    } catch (error) {
      await this.#fail(exchange, error);
    } finally {
      if (exchange.outlet.isSilent) this.#progress();
      else this.#forget(exchange);
    }
  }

  #forget(exchange: Exchange): void {
    this.#running.delete(exchange);
    this.#progress();
  }

  #progress(): void {
    if (this.#isProgressing) return;
    this.#isProgressing = true;
    setImmediate(() => {
      this.#isProgressing = false;
      this.#progressed.fire();
    });
  }

  async #fail(exchange: Exchange, error: unknown): Promise<void> {
    if (exchange.outlet.closed.aborted) return;
    // With a bug of ours a test must not wait for an answer that never comes.
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const refusal = error instanceof Refusal ? error : new Refusal(500, "InternalError", message);
    if (exchange.hasBegun) exchange.cut();
    else await exchange.refuse(refusal);
  }

  #spread(active: ActiveFault): void {
    if (!meetsRunning(active.fault)) return;
    for (const exchange of this.#running) {
      if (active.meets(exchange)) meetRunning(exchange, active, () => this.#silence(exchange));
    }
    // Idle connections are known to no request.
    if (active.fault.kind === "cut" && Object.keys(active.match).length === 0) this.cut();
  }

  /** What shares the connection falls silent with it. */
  #silence({ socket, outlet }: Exchange): void {
    this.#silent.add(socket);
    outlet.silence();
    for (const exchange of this.#running) if (exchange.socket === socket) exchange.outlet.silence();
  }
}
