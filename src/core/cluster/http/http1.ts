import { Agent as HttpAgent, ClientRequest } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import { callbackify } from "node:util";
import type { Disposable } from "../../event.ts";
import { RequestTimeout } from "../apiError.ts";
import { ClosedMeanwhile, isReset, type WireAnswer, type WireRequest } from "./exchange.ts";

/**
 * The connections to a server that speaks HTTP/1.1, kept for the next request.
 *
 * It does not use `https.request`: the editor replaces that function in extensions and sends the request through its
 * own proxy settings instead of our agent. The cluster must be reached as kubectl and buildx reach it.
 */
export class Http1 implements Disposable {
  readonly #server: URL;
  readonly #agent: HttpAgent | HttpsAgent;
  #socket: (() => Promise<Socket>) | undefined;

  constructor(server: URL) {
    this.#server = server;
    this.#agent = new (server.protocol === "https:" ? HttpsAgent : HttpAgent)({ keepAlive: true });
    const connect = callbackify(async () => this.#socket?.());
    this.#agent.createConnection = (_options, callback) => {
      connect(callback as Parameters<typeof connect>[0]);
      return undefined;
    };
  }

  /**
   * Resolves when the head of the answer is there.
   *
   * @param certificate of the client: another one needs another connection
   * @param connect makes a connection, when none is free
   * @throws {ClosedMeanwhile}; {RequestTimeout}; what `connect` throws; the connection's own error
   */
  async exchange(
    request: WireRequest,
    certificate: string | Buffer | undefined,
    connect: () => Promise<Socket>,
  ): Promise<WireAnswer> {
    this.#socket = connect;
    const { protocol, hostname, port } = this.#server;
    const { method, path, headers, signal, idleTimeoutMs } = request;
    const options = { protocol, host: hostname, port, method, path, headers, agent: this.#agent, cert: certificate };
    return new Promise((resolve, reject) => {
      const wire = new ClientRequest(options);
      let end = (reason: Error): void => {
        wire.destroy(reason);
        reject(reason); // The request itself would first wait for its connection.
      };
      const abort = (): void => end(signal?.reason as Error);
      signal?.addEventListener("abort", abort, { once: true });
      wire.once("socket", () => {
        wire.setTimeout(idleTimeoutMs, () => end(new RequestTimeout("answer", idleTimeoutMs)));
      });
      wire.once("close", () => signal?.removeEventListener("abort", abort));
      wire.on("error", (error) => reject(wire.reusedSocket && isReset(error) ? new ClosedMeanwhile(error) : error));
      wire.once("response", (body) => {
        // From now on its reader must get the reason; the request would only say "aborted".
        end = (reason) => void body.destroy(reason);
        resolve({ status: body.statusCode ?? 0, headers: body.headers, body });
      });
      wire.end(request.body);
    });
  }

  /** Closes all connections. */
  dispose(): void {
    this.#agent.destroy();
  }
}
