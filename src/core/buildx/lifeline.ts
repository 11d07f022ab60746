import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Disposable } from "../event.ts";

/**
 * A socket that buildx holds on to: when it closes, because this process has ended in whatever way, buildx cancels what
 * it does. Without, a buildx whose editor was killed goes on until its build is done. It is docker's own means of
 * telling its plugins (docker/cli `cli-plugins/socket`), so buildx must be run as a plugin of docker.
 */
export class Lifeline implements Disposable {
  /** What has to be in buildx's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.env = { DOCKER_CLI_PLUGIN_SOCKET: address, DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: "docker" };
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined); // It has ended, which `close` tells too.
      socket.once("close", () => this.#sockets.delete(socket));
      socket.unref();
    });
    server.unref();
  }

  /** Opens one; undefined where there are no such sockets. */
  static async open(): Promise<Lifeline | undefined> {
    // Go and Node have no kind of socket in common there.
    if (process.platform === "win32") return undefined;
    const name = `multi-arch-builds-${randomBytes(12).toString("hex")}`;
    const isAbstract = process.platform === "linux";
    const server = createServer();
    try {
      // An abstract socket leaves no file behind, also when this process is killed. Go writes its first byte as `@`.
      server.listen(isAbstract ? `\0${name}` : join(tmpdir(), name));
      await once(server, "listening");
    } catch {
      return undefined; // buildx works without, too.
    }
    return new Lifeline(server, isAbstract ? `@${name}` : join(tmpdir(), name));
  }

  dispose(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
