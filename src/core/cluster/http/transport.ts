import type { Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import { untilAborted } from "../../abort.ts";
import type { Disposable } from "../../event.ts";
import { CredentialSource, type Credentials, dataOrFile } from "../credentials.ts";
import { dial } from "./dial.ts";
import { ClosedMeanwhile, type WireAnswer, type WireRequest } from "./exchange.ts";
import { Http1 } from "./http1.ts";
import { Http2Connection } from "./http2.ts";
import type { ClusterAccess } from "../kubeconfig.ts";
import { textIn } from "../kubeconfigFile.ts";
import { proxyFor } from "./proxy.ts";
import { isUntrusted, systemRoots } from "./systemRoots.ts";

/** A shared connection, there or being made; none when the server speaks HTTP/1.1 only. */
interface Shared {
  /** Of the client; another one needs another connection. */
  readonly certificate: string;
  readonly connection: Promise<Http2Connection | undefined>;
}

/**
 * Sends requests to one API server as one user: over one HTTP/2 connection, or over kept HTTP/1.1 connections where
 * the server or a gateway before it speaks nothing newer.
 */
export class Transport implements Disposable {
  readonly server: URL;
  readonly #access: ClusterAccess;
  readonly #credentials: CredentialSource;
  readonly #proxy: URL | undefined;
  readonly #connectTimeoutMs: number;
  readonly #http1: Http1;
  readonly #end = new AbortController();
  #trust: ConnectionOptions | undefined;
  #shared: Shared | undefined;
  /** Made to find out what the server speaks, and not yet used. */
  #spare: Socket | undefined;

  /** `connectTimeoutMs`: how long a connection may take to be made, proxy and TLS included. */
  constructor(access: ClusterAccess, env: Readonly<NodeJS.ProcessEnv>, connectTimeoutMs: number) {
    this.server = new URL(access.context.server);
    this.#access = access;
    this.#credentials = new CredentialSource(access, env);
    this.#proxy = proxyFor(this.server, textIn(access.cluster, "proxy-url"), env);
    this.#http1 = new Http1(this.server);
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** What the sign-in waits for, see {@link CredentialSource.waitsFor}. */
  get signIn(): Pick<CredentialSource, "waitsFor" | "onDidChangeWaiting"> {
    return this.#credentials;
  }

  /**
   * Resolves when the head of the answer is there.
   *
   * @throws {UserError} the credentials cannot be had; {@link RequestTimeout}; the connection's own error
   */
  async send(request: WireRequest): Promise<WireAnswer> {
    try {
      return await this.#sendOnce(request);
    } catch (error) {
      if (!(error instanceof ClosedMeanwhile)) throw error;
      // Once more, on another connection; only what may be done twice.
      if (!error.isUndone && !["GET", "DELETE"].includes(request.method)) throw error.cause;
    }
    return this.#sendOnce(request).catch((error: unknown) => {
      throw error instanceof ClosedMeanwhile ? error.cause : error;
    });
  }

  /** Closes all connections; what is under way fails. */
  dispose(): void {
    this.#end.abort();
    this.#http1.dispose();
    this.#spare?.destroy();
  }

  async #sendOnce(request: WireRequest): Promise<WireAnswer> {
    const credentials = await this.#credentials.get(request.signal);
    const answer = await this.#sendAs(credentials, request);
    if (answer.status !== 401) this.#credentials.accepted();
    if (answer.status !== 401 || !this.#credentials.renew(credentials)) return answer;
    for await (const _ of answer.body); // So that its connection is free again.
    return this.#sendAs(await this.#credentials.get(request.signal), request);
  }

  async #sendAs(credentials: Credentials, request: WireRequest): Promise<WireAnswer> {
    const trust = (this.#trust ??= await trustOptions(this.#access));
    try {
      return await this.#exchange(request, credentials, trust);
    } catch (error) {
      const other = isUntrusted(error) ? await this.#otherTrust(trust) : undefined;
      if (!other) throw error;
      this.#trust = other;
      return this.#exchange(request, credentials, other);
    }
  }

  /** What may be trusted where this is not enough; undefined when there is nothing else. */
  async #otherTrust(trust: ConnectionOptions): Promise<ConnectionOptions | undefined> {
    // Without an authority in the kubeconfig the system's count, as for kubectl; Node alone knows only its own.
    if (trust.ca === undefined) return { ...trust, ca: await systemRoots() };
    // The authority's file may have been replaced.
    const now = await trustOptions(this.#access);
    return now.ca === undefined || isDeepStrictEqual(now.ca, trust.ca) ? undefined : now;
  }

  async #exchange(request: WireRequest, credentials: Credentials, trust: ConnectionOptions): Promise<WireAnswer> {
    request.signal?.throwIfAborted();
    const { authorization, headers, certificate, key } = credentials;
    const path = this.server.pathname.replace(/\/$/, "") + request.path;
    // Like client-go: credentials are not sent over an unprotected connection.
    if (this.server.protocol !== "https:") {
      const open = { ...request, path, headers: { ...request.headers, ...headers } };
      return this.#http1.exchange(open, undefined, async () => this.#dial());
    }
    const signedIn = { ...request.headers, ...headers, ...(authorization === undefined ? {} : { authorization }) };
    const wired = { ...request, path, headers: signedIn };
    const tls = { ...trust, cert: certificate, key };
    let connection = await this.#connection(tls, request.signal);
    // Others who waited for it, too, may have been quicker to fill it.
    while (connection && !connection.isOpen) connection = await this.#connection(tls, request.signal);
    return connection
      ? connection.exchange(wired)
      : this.#http1.exchange(wired, certificate, async () => this.#dial(tls));
  }

  async #connection(tls: ConnectionOptions, signal: AbortSignal | undefined): Promise<Http2Connection | undefined> {
    const shared = this.#shared ?? this.#share(tls);
    const connection = await untilAborted(shared.connection, signal);
    if (!connection || (connection.isOpen && shared.certificate === textOf(tls.cert))) return connection;
    if (this.#shared === shared) {
      this.#shared = undefined;
      connection.retire();
    }
    return this.#connection(tls, signal);
  }

  /** One connection for all who ask while it is made, whoever of them goes. */
  #share(tls: ConnectionOptions): Shared {
    const shared = { certificate: textOf(tls.cert), connection: this.#newConnection(tls) };
    this.#shared = shared;
    shared.connection.catch(() => {
      if (this.#shared === shared) this.#shared = undefined;
    });
    return shared;
  }

  async #newConnection(tls: ConnectionOptions): Promise<Http2Connection | undefined> {
    const socket = (await this.#dial({ ...tls, ALPNProtocols: ["h2", "http/1.1"] })) as TLSSocket;
    if (socket.alpnProtocol === "h2") return new Http2Connection(this.server, socket, this.#end.signal);
    this.#spare = socket;
    return undefined;
  }

  async #dial(tls?: ConnectionOptions): Promise<Socket> {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare && !spare.destroyed) return spare;
    const target = { server: this.server, proxy: this.#proxy, tls, timeoutMs: this.#connectTimeoutMs };
    return dial(target, this.#end.signal);
  }
}

async function trustOptions({ cluster }: ClusterAccess): Promise<ConnectionOptions> {
  const serverName = textIn(cluster, "tls-server-name");
  return {
    ca: await dataOrFile(cluster, "certificate-authority"),
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function textOf(certificate: ConnectionOptions["cert"]): string {
  return String(certificate ?? "");
}
