import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Runs `work` while no other process of this machine runs work of the same name; `onWait` is told
 * when another does. The lock is a Linux abstract socket: the kernel takes it back however its owner
 * ends, so nobody ever finds a stale one.
 */
export async function exclusively<T>(name: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const address = `\0${name}`;
  for (;;) {
    const lock = await take(address);
    if (!lock) {
      onWait();
      await released(address);
      continue;
    }
    try {
      return await work();
    } finally {
      lock.release();
    }
  }
}

async function take(address: string): Promise<{ release(): void } | undefined> {
  const waiting = new Set<Socket>();
  const server: Server = createServer((socket) => {
    waiting.add(socket);
    socket.on("error", () => undefined).on("close", () => waiting.delete(socket));
  });
  try {
    server.listen(address);
    await once(server, "listening");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return undefined;
    throw error;
  }
  return {
    release() {
      server.close();
      for (const socket of waiting) socket.destroy();
    },
  };
}

/** Resolves when the owner lets go: its end of the connection closes, or there is nobody to connect to. */
function released(address: string): Promise<void> {
  return new Promise((resolve) => {
    connect(address)
      .on("error", () => undefined)
      .on("close", () => resolve())
      .resume();
  });
}
