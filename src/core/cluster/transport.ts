import { Agent as HttpAgent, ClientRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, type RequestOptions as TlsRequestOptions } from "node:https";
import { getCACertificates } from "node:tls";
import type { Disposable } from "../event.ts";
import { RequestTimeout } from "./apiError.ts";
import { CredentialSource, dataOrFile } from "./credentials.ts";
import type { ClusterAccess } from "./kubeconfig.ts";

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

/** How long a connection may take to be made, TLS included. */
const connectTimeoutMs = 10_000;

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
  #roots: Promise<TlsRequestOptions> | undefined;

  constructor(access: ClusterAccess, env: Readonly<NodeJS.ProcessEnv>) {
    this.server = new URL(access.context.server);
    this.#access = access;
    this.#credentials = new CredentialSource(access, env);
    // Probes after 15 s find a dead connection (the laptop slept, the VPN is gone) within half a minute.
    const options = { keepAlive: true, keepAliveMsecs: 15_000 };
    this.#agent = this.server.protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
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
    const { authorization, headers, certificate, key } = await this.#credentials.get(request.signal);
    this.#roots ??= trustOptions(this.#access);
    const trust = await this.#roots;
    request.signal?.throwIfAborted();
    // Like client-go: credentials are not sent over an unprotected connection.
    const isSecure = this.server.protocol === "https:";
    return exchange(request, {
      ...trust,
      ...(isSecure ? { cert: certificate, key } : {}),
      protocol: this.server.protocol,
      host: this.server.hostname.replace(/^\[|\]$/g, ""),
      port: this.server.port,
      path: this.server.pathname.replace(/\/$/, "") + request.path,
      headers: { ...request.headers, ...headers, ...(isSecure && authorization ? { authorization } : {}) },
      agent: this.#agent,
    });
  }

  /** Closes all connections. */
  dispose(): void {
    this.#agent.destroy();
  }
}

async function trustOptions({ cluster }: ClusterAccess): Promise<TlsRequestOptions> {
  const serverName = cluster["tls-server-name"];
  const own = await dataOrFile(cluster, "certificate-authority");
  return {
    // The system's roots count for kubectl, so they count here; Node alone would know only those it was built with.
    ca: own ?? [...getCACertificates("default"), ...getCACertificates("system")],
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
    ...(typeof serverName === "string" ? { servername: serverName } : {}),
  };
}

async function exchange(request: WireRequest, options: TlsRequestOptions): Promise<IncomingMessage> {
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
      if (wire.reusedSocket) connected();
      else socket.once(options.protocol === "https:" ? "secureConnect" : "connect", connected);
    });
    wire.once("close", () => {
      clearTimeout(connectTimer);
      request.signal?.removeEventListener("abort", abort);
    });
    wire.on("error", reject);
    wire.once("response", (message) => {
      response = message;
      resolve(message);
    });
    wire.end(request.body);
  });
}
