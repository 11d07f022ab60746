import { type ChildProcess, spawn } from "node:child_process";
import { pipeline } from "node:stream/promises";
import type { Readable } from "node:stream";
import type { ExecChannels } from "./execChannels.ts";
import type { Fields } from "./objects.ts";

/** Where the commands of a pod run. */
export interface PodPlace {
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs a command on this machine, as if in a pod's container, for one exec connection. Ends with the signal. */
export function runInPod(
  { dir, env }: PodPlace,
  command: readonly string[],
  channels: ExecChannels,
  signal: AbortSignal,
): void {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { cwd: dir, env, stdio: ["pipe", "pipe", "pipe"], detached: true });
  const end = (): void => killGroup(child);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  child.stdin.on("error", () => undefined); // it does not read to the end
  if (channels.stdin)
    void pipeline(channels.stdin, child.stdin).catch(() => undefined); // ended before its input
  else child.stdin.end();
  const outputs = Promise.allSettled([
    pump(child.stdout, async (data) => channels.send("stdout", data)),
    pump(child.stderr, async (data) => channels.send("stderr", data)),
  ]);
  void finish();

  async function finish(): Promise<void> {
    const status = await outcomeOf(child);
    signal.removeEventListener("abort", end);
    await outputs;
    await channels.finish(status);
  }
}

/** The command with all that it has started; `detached` has given it a group of its own. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}

async function pump(source: Readable, send: (data: Buffer) => Promise<void>): Promise<void> {
  for await (const data of source as AsyncIterable<Buffer>) await send(data);
}

/** The Status object that tells how the command has ended. */
async function outcomeOf(child: ChildProcess): Promise<Fields> {
  const { promise, resolve } = Promise.withResolvers<Fields>();
  const base = { kind: "Status", apiVersion: "v1", metadata: {} };
  child.once("error", ({ message }) =>
    resolve({
      ...base,
      status: "Failure",
      reason: "InternalError",
      code: 500,
      message: `error executing command: ${message}`,
    }),
  );
  child.once("exit", (exitCode) => {
    const code = exitCode ?? 137; // 128 + SIGKILL, as a shell says it
    if (code === 0) return resolve({ ...base, status: "Success" });
    const message = `command terminated with non-zero exit code: exit status ${code}`;
    const details = { causes: [{ reason: "ExitCode", message: String(code) }] };
    resolve({ ...base, status: "Failure", reason: "NonZeroExitCode", message, details });
  });
  return promise;
}
