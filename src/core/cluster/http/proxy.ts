import { once } from "node:events";
import { ClientRequest, type IncomingMessage } from "node:http";
import { BlockList, connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { messageOf, UserError } from "../../errors.ts";
import { t } from "../../l10n.ts";
import { systemRoots } from "./systemRoots.ts";

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
  // Companies sign their proxies themselves, and tell only the system.
  const ca = proxy.protocol === "https:" ? await systemRoots() : undefined;
  // Not through `http.request`, which the editor replaces; see Transport.
  const request = new ClientRequest({
    method: "CONNECT",
    path: target,
    headers: { host: target, ...authorization(proxy) },
    createConnection: () =>
      proxy.protocol === "https:" ? connectTls({ ...options, ca, servername: options.host }) : connectTcp(options),
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

/** Names are resolved by the proxy, as kubectl has it. */
async function connectBySocks(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const [userId, password] = [proxy.username, proxy.password].map(decodeURIComponent);
  const at = { host: hostOf(proxy), port: Number(proxy.port || 1080) };
  const socket = connectTcp(at);
  const abort = (): unknown => socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await once(socket, "connect");
    const { SocksClient } = await import("socks"); // Few need it.
    await SocksClient.createConnection({
      command: "connect",
      proxy: { type: 5, ...at, ...(userId && { userId, password }) },
      destination: { host, port },
      existing_socket: socket,
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
}
