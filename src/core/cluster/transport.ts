import { Agent as HttpAgent, ClientRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, type RequestOptions as TlsRequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { connect as connectTls, type ConnectionOptions as TlsConnectionOptions } from "node:tls";
import { callbackify } from "node:util";
import type { Disposable } from "../event.ts";
import { RequestTimeout } from "./apiError.ts";
import { CredentialSource, type Credentials, dataOrFile } from "./credentials.ts";
import type { ClusterAccess } from "./kubeconfig.ts";
import { textIn } from "./kubeconfigFile.ts";
import { connectThrough, proxyFor } from "./proxy.ts";
import { isUntrusted, systemRoots } from "./systemRoots.ts";

/** One request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path with query, as it follows the server address. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Longest time without any byte from the server once it is connected, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/** Probes of a silent connection: a dead one (the laptop slept, the VPN is gone) is found within half a minute. */
const keepAliveMs = 15_000;

/**
 * Sends requests to one API server as one user, over connections that are kept.
 *
 * It does not use `https.request`: the editor replaces that function in extensions and sends the request through its
 * own proxy settings instead of our agent. The cluster must be reached as kubectl and buildx reach it.
 */
export class Transport implements Disposable {
  readonly server: URL;
  readonly #access: ClusterAccess;
  readonly #credentials: CredentialSource;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #connectTimeoutMs: number;
  #trust: TlsRequestOptions | undefined;

  /** `connectTimeoutMs`: how long a connection may take to be made, proxy and TLS included. */
  constructor(access: ClusterAccess, env: Readonly<NodeJS.ProcessEnv>, connectTimeoutMs: number) {
    this.server = new URL(access.context.server);
    this.#access = access;
    this.#credentials = new CredentialSource(access, env);
    const proxy = proxyFor(this.server, textIn(access.cluster, "proxy-url"), env);
    this.#agent = newAgent(this.server.protocol === "https:", proxy, connectTimeoutMs);
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** True when a refused request (401) is worth a second try after {@link renewCredentials}. */
  get canRenewCredentials(): boolean {
    return this.#credentials.isRenewable;
  }

  renewCredentials(): void {
    this.#credentials.invalidate();
  }

  /**
   * Resolves when the head of the answer is there; its body must be read or destroyed.
   *
   * @throws {UserError} the credentials cannot be had; {@link RequestTimeout}; the connection's own error
   */
  async send(request: WireRequest): Promise<IncomingMessage> {
    const credentials = await this.#credentials.get(request.signal);
    const trust = (this.#trust ??= await trustOptions(this.#access));
    request.signal?.throwIfAborted();
    try {
      return await this.#exchange(request, credentials, trust);
    } catch (error) {
      // On another connection it goes well. It may have been done already, so only what may be done twice is repeated.
      if (error instanceof ClosedMeanwhile && ["GET", "DELETE"].includes(request.method)) return this.send(request);
      if (!isUntrusted(error) || trust.ca !== undefined) throw error;
    }
    // Without an authority in the kubeconfig the system's count, as for kubectl; Node alone knows only its own.
    this.#trust = { ...trust, ca: await systemRoots() };
    request.signal?.throwIfAborted();
    return this.#exchange(request, credentials, this.#trust);
  }

  /** Closes all connections. */
  dispose(): void {
    this.#agent.destroy();
  }

  async #exchange(
    request: WireRequest,
    { authorization, headers, certificate, key }: Credentials,
    trust: TlsRequestOptions,
  ): Promise<IncomingMessage> {
    // Like client-go: credentials are not sent over an unprotected connection.
    const isSecure = this.server.protocol === "https:";
    const options = {
      ...trust,
      ...(isSecure ? { cert: certificate, key } : {}),
      protocol: this.server.protocol,
      host: this.server.hostname.replace(/^\[|\]$/g, ""),
      port: this.server.port,
      path: this.server.pathname.replace(/\/$/, "") + request.path,
      headers: { ...request.headers, ...headers, ...(isSecure && authorization ? { authorization } : {}) },
      agent: this.#agent,
    };
    return exchange(request, options, this.#connectTimeoutMs);
  }
}

function newAgent(isSecure: boolean, proxy: URL | undefined, connectTimeoutMs: number): HttpAgent | HttpsAgent {
  const options = { keepAlive: true, keepAliveMsecs: keepAliveMs };
  const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options);
  if (!proxy) return agent;
  const connect = callbackify(async (target: TlsConnectionOptions): Promise<Duplex> => {
    const { host = "", port = 0 } = target;
    const socket = await connectThrough(proxy, host, port, AbortSignal.timeout(connectTimeoutMs));
    socket.setKeepAlive(true, keepAliveMs);
    return isSecure ? connectTls({ ...target, socket }) : socket;
  });
  agent.createConnection = (target, callback) => {
    connect(target as TlsConnectionOptions, callback ?? (() => undefined));
    return undefined;
  };
  return agent;
}

async function trustOptions({ cluster }: ClusterAccess): Promise<TlsRequestOptions> {
  const serverName = textIn(cluster, "tls-server-name");
  return {
    ca: await dataOrFile(cluster, "certificate-authority"),
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

async function exchange(
  request: WireRequest,
  options: TlsRequestOptions,
  connectTimeoutMs: number,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const wire = new ClientRequest({ ...options, method: request.method });
    let response: IncomingMessage | undefined;
    // Once there is an answer its reader must get the reason; the request itself would only say "aborted".
    const end = (reason: Error): unknown => (response ?? wire).destroy(reason);
    const abort = (): unknown => end(request.signal?.reason as Error);
    const connectTimer = setTimeout(() => end(new RequestTimeout("connect", connectTimeoutMs)), connectTimeoutMs);
    request.signal?.addEventListener("abort", abort, { once: true });
    wire.once("socket", (socket) => {
      const connected = (): void => {
        clearTimeout(connectTimer);
        wire.setTimeout(request.idleTimeoutMs, () => end(new RequestTimeout("answer", request.idleTimeoutMs)));
      };
      const isSecure = options.protocol === "https:";
      if (wire.reusedSocket || (!isSecure && !socket.connecting)) connected();
      else socket.once(isSecure ? "secureConnect" : "connect", connected);
    });
    wire.once("close", () => {
      clearTimeout(connectTimer);
      request.signal?.removeEventListener("abort", abort);
    });
    wire.on("error", (error) => reject(wire.reusedSocket && isReset(error) ? new ClosedMeanwhile(error) : error));
    wire.once("response", (message) => {
      response = message;
      resolve(message);
    });
    wire.end(request.body);
  });
}

/** A kept connection was closed by the server while it was idle, at the moment of its next use. */
class ClosedMeanwhile extends Error {
  override readonly name = "ClosedMeanwhile";
  readonly code = "ECONNRESET";

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function isReset(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
