import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** The network between the extension and the cluster: a port of this machine that leads to another, until it is cut. */
export class Cable implements AsyncDisposable {
  /** Each end of each connection, with its other end. */
  readonly #ends = new Map<Socket, Socket>();
  readonly #server: Server;
  #isCut = false;
  #isDead = false;

  private constructor(targetPort: number) {
    this.#server = createServer((near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      const far = connect(targetPort, "127.0.0.1");
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#ends.set(one, other);
        one.on("error", () => other.destroy());
        one.once("close", () => {
          this.#ends.delete(one);
          other.destroy();
        });
        if (!this.#isDead) one.pipe(other);
      }
    });
  }

  static async to(targetPort: number): Promise<Cable> {
    const cable = new Cable(targetPort);
    cable.#server.listen(0, "127.0.0.1");
    await once(cable.#server, "listening");
    return cable;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks all connections; new ones fail until {@link mend}. */
  cut(): void {
    this.#isCut = true;
    this.sever();
  }

  /** Breaks all connections; new ones are no worse for it. */
  sever(): void {
    for (const socket of this.#ends.keys()) socket.destroy();
  }

  /** All that is sent goes nowhere, without a word: a VPN that is gone. Until {@link mend}, when it arrives. */
  die(): void {
    this.#isDead = true;
    for (const socket of this.#ends.keys()) socket.unpipe();
  }

  /** What was cut stays so; new connections are as good as ever. */
  mend(): void {
    this.#isCut = false;
    if (!this.#isDead) return;
    this.#isDead = false;
    for (const [one, other] of this.#ends) one.pipe(other);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}
