import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { RequestTimeout } from "../apiError.ts";
import { connectThrough } from "./proxy.ts";

/** Where to connect to, and how. */
export interface Target {
  readonly server: URL;
  readonly proxy: URL | undefined;
  /** Trust, client certificate and protocols; absent for a connection without TLS. */
  readonly tls?: ConnectionOptions;
  /** How long it may take, proxy and TLS included. */
  readonly timeoutMs: number;
}

/** Probes of a silent connection: a dead one is found within 15 s, ten unanswered probes a second apart included. */
const keepAliveMs = 5_000;

/**
 * Makes a connection; resolves when it can be used.
 *
 * @throws {RequestTimeout} phase `connect`; {@link ProxyError}; the connection's own error; the signal's reason
 */
export async function dial({ server, proxy, tls, timeoutMs }: Target, signal: AbortSignal): Promise<Socket> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new RequestTimeout("connect", timeoutMs)), timeoutMs);
  const end = AbortSignal.any([signal, deadline.signal]);
  try {
    const host = server.hostname.replace(/^\[|\]$/g, "");
    const port = Number(server.port || (server.protocol === "https:" ? 443 : 80));
    const through = proxy && (await connectThrough(proxy, host, port, end));
    if (!tls) return await ready(through ?? connectTcp({ host, port }), "connect", end);
    // For an address there is no name to ask for; the certificate is checked against the address then.
    const servername = isIP(host) ? undefined : host;
    return await ready(connectTls({ host, port, servername, socket: through, ...tls }), "secureConnect", end);
  } catch (error) {
    throw end.aborted ? end.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

async function ready(socket: Socket, event: "connect" | "secureConnect", signal: AbortSignal): Promise<Socket> {
  socket.on("error", () => undefined); // Told to whoever uses it then; one that waits unused just ends.
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveMs);
  if (event === "connect" && !socket.connecting) return socket;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): unknown => socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  socket.once("error", reject).once(event, resolve);
  if (signal.aborted) abort();
  await promise.finally(() => signal.removeEventListener("abort", abort));
  return socket;
}
