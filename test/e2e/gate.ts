import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { labNodes } from "../cluster/nodes.ts";

/**
 * Where a build step waits until the test lets it go on: the step asks for a page, and the answer is held back. So a
 * test knows that the step runs, on every platform, and ends it when it has seen enough.
 */
export class Gate {
  readonly #server: Server;
  readonly #waiting = new Set<ServerResponse>();
  readonly #changes = new EventTarget();
  #isOpen = false;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (_request, response) => this.#receive(response));
  }

  /** On the address of a node, where its pods and this machine reach each other. */
  static async start(): Promise<Gate> {
    const server = createServer();
    server.listen(0, labNodes[0]?.address);
    await once(server, "listening");
    return new Gate(server);
  }

  get address(): string {
    return (this.#server.address() as AddressInfo).address;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The line of a Dockerfile that waits here; the port makes it new to every cache. */
  get instruction(): string {
    const url = `http://${this.address}:${this.port}/`;
    return `RUN echo "waiting at the gate" && wget -q -O /passed ${url} && echo "passed the gate"`;
  }

  /** Resolves when so many steps wait, no more and no less; none of them when their processes have ended. */
  async holds(count: number): Promise<void> {
    while (this.#waiting.size !== count) await once(this.#changes, "change");
  }

  /** Lets all go on, those that come later, too. */
  open(): void {
    this.#isOpen = true;
    for (const response of this.#waiting) response.end("passed\n");
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #receive(response: ServerResponse): void {
    if (this.#isOpen) {
      response.end("passed\n");
      return;
    }
    this.#waiting.add(response);
    response.on("close", () => {
      this.#waiting.delete(response);
      this.#changes.dispatchEvent(new Event("change"));
    });
    this.#changes.dispatchEvent(new Event("change"));
  }
}
