import { once } from "node:events";
import { ClientRequest, type IncomingMessage } from "node:http";
import { BlockList, connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { messageOf, UserError } from "../../errors.ts";
import { t } from "../../l10n.ts";

/** The proxy could not be reached, or does not let us through; `cause` says why. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  /** Host and port of the proxy. */
  readonly proxy: string;

  constructor(proxy: URL, cause: unknown) {
    super(messageOf(cause), { cause });
    this.proxy = proxy.host;
  }
}

/**
 * The proxy on the way to a server, by the rules of kubectl and buildx: the kubeconfig's `proxy-url`, else
 * `HTTPS_PROXY` (or `HTTP_PROXY` for an `http` server) unless `NO_PROXY` or loopback says no.
 *
 * @throws {UserError} when its address is not valid
 */
export function proxyFor(
  server: URL,
  kubeconfigProxy: string | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): URL | undefined {
  if (kubeconfigProxy !== undefined) return proxyUrl(kubeconfigProxy);
  const name = server.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = env[name] || env[name.toLowerCase()];
  if (!proxy || isExempt(server, env["NO_PROXY"] || env["no_proxy"] || "")) return undefined;
  return proxyUrl(/^[a-z0-9]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
}

function proxyUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new UserError(t("The proxy on the way to the cluster has no valid address: {0}", withoutSignIn(text)));
}

/** A password may be what makes the address invalid. */
function withoutSignIn(address: string): string {
  return address.replace(/^(\w+:\/\/)?.*@/s, "$1…@");
}

/**
 * A connection to `host:port` through the proxy, without TLS on it yet.
 *
 * @throws {ProxyError}
 */
export async function connectThrough(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  try {
    switch (proxy.protocol) {
      case "http:":
      case "https:":
        return await connectByHttp(proxy, host, port, signal);
      case "socks5:":
      case "socks5h:":
        return await connectBySocks(proxy, host, port, signal);
      default:
        throw new Error(`unknown kind of proxy: ${proxy.protocol}`);
    }
  } catch (error) {
    throw new ProxyError(proxy, error);
  }
}

/** Go's rules (golang.org/x/net/http/httpproxy): names with their subdomains, `.name` for subdomains, IPs, CIDRs, `*`. */
function isExempt(server: URL, noProxy: string): boolean {
  const host = hostOf(server);
  if (host === "localhost" || host.startsWith("127.") || host === "::1") return true;
  const port = server.port || (server.protocol === "https:" ? "443" : "80");
  return noProxy.split(",").some((entry) => {
    const [, name = "", onlyPort] =
      /^\s*(.*?)(?::(\d+))?\s*$/.exec(isIP(entry.trim()) === 6 ? `[${entry}]` : entry) ?? [];
    return name !== "" && (onlyPort === undefined || onlyPort === port) && matches(host, name.toLowerCase());
  });
}

function matches(host: string, entry: string): boolean {
  if (entry === "*") return true;
  const [address = "", bits] = entry.replace(/^\[|\]$/g, "").split("/");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(address)) {
    const longest = family === "ipv6" ? 128 : 32;
    const length = bits === undefined ? longest : Number(bits);
    // Like Go, pass over what is none: several in one entry, for example, with a blank between them.
    if (!isIP(host) || !Number.isInteger(length) || length < 0 || length > longest) return false;
    const list = new BlockList();
    list.addSubnet(address, length, family);
    return list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
  }
  const domain = entry.replace(/^\*\./, ".");
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

async function connectByHttp(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const options = { host: hostOf(proxy), port: Number(proxy.port || (proxy.protocol === "https:" ? 443 : 80)) };
  // Not through `http.request`, which the editor replaces; see Transport.
  const request = new ClientRequest({
    method: "CONNECT",
    path: target,
    headers: { host: target, ...authorization(proxy) },
    createConnection: () =>
      proxy.protocol === "https:" ? connectTls({ ...options, servername: options.host }) : connectTcp(options),
    signal,
  });
  request.end();
  const [response, socket] = (await once(request, "connect")) as [IncomingMessage, Socket];
  if (response.statusCode === 200) return socket;
  socket.destroy();
  throw new Error(`HTTP status ${response.statusCode} ${response.statusMessage}`);
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}

const socksFailures: Readonly<Record<number, string>> = {
  2: "the proxy's rules do not allow this connection",
  3: "network unreachable",
  4: "host unreachable",
  5: "connection refused",
};

/** RFC 1928; names are resolved by the proxy, as kubectl has it. */
async function connectBySocks(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host: hostOf(proxy), port: Number(proxy.port || 1080) });
  const abort = (): unknown => socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await once(socket, "connect");
    await signInToSocks(socket, proxy);
    const name = Buffer.from(host);
    socket.write(Buffer.from([5, 1, 0, 3, name.length, ...name, port >> 8, port & 255]));
    const [, status = 1, , kind] = await readBytes(socket, 4);
    if (status !== 0) throw new Error(socksFailures[status] ?? `SOCKS status ${status}`);
    const addressLength = kind === 1 ? 4 : kind === 4 ? 16 : ((await readBytes(socket, 1))[0] ?? 0);
    await readBytes(socket, addressLength + 2);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** RFC 1929 where the proxy asks for a password. */
async function signInToSocks(socket: Socket, proxy: URL): Promise<void> {
  const [user, password] = [proxy.username, proxy.password].map((part) => Buffer.from(decodeURIComponent(part)));
  socket.write(Buffer.from(proxy.username === "" ? [5, 1, 0] : [5, 2, 0, 2]));
  const [, method] = await readBytes(socket, 2);
  if (method === 0) return;
  if (method !== 2 || !user || !password) throw new Error("the proxy asks for a sign-in that is not supported");
  socket.write(Buffer.from([1, user.length, ...user, password.length, ...password]));
  const [, status] = await readBytes(socket, 2);
  if (status !== 0) throw new Error("the proxy does not accept the user name and password");
}

async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error("the proxy has closed the connection");
    await Promise.race([once(socket, "readable"), once(socket, "close")]);
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
}
