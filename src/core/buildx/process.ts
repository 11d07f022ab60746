import { execa } from "execa";
import type { Readable } from "node:stream";

/** How a process ended. */
export interface Exit {
  /** Absent when a signal has ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** True when we asked it to end. Known from having asked: buildx's exit code and text differ by version and driver. */
  readonly wasCanceled: boolean;
}

/** What {@link startProcess} runs. */
export interface ProcessOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal: AbortSignal;
  /** Kills the process and its children at once. */
  readonly kill: AbortSignal;
  /** How long a cancelled process may take to end by itself before it and its children are killed. */
  readonly graceMs: number;
  readonly hasStdout: boolean;
}

/** A running process. Whoever starts one must read its streams to the end, or abort the signal. */
export interface RunningProcess {
  readonly stdout: Readable | undefined;
  readonly stderr: Readable;
  /**
   * Settles when the process, its children and its streams are gone. Rejects only when the program could not be
   * started, with the system's own error (`code` is `ENOENT`, `EACCES`, …).
   */
  readonly ended: Promise<Exit>;
}

const isWindows = process.platform === "win32";

/** A child that has kept our streams open after the end of the program gets this long to end too. */
const lingerMs = 2000;

/**
 * Starts a program without a shell. Aborting the signal sends SIGINT, which buildx answers by cancelling the build on
 * the server; what has not ended after `graceMs` is killed with all its children.
 */
export function startProcess(file: string, args: readonly string[], options: ProcessOptions): RunningProcess {
  const child = execa(file, args, {
    env: options.env,
    extendEnv: false,
    cwd: options.cwd,
    stdin: "ignore",
    stdout: options.hasStdout ? "pipe" : "ignore",
    stderr: "pipe",
    buffer: false,
    reject: false,
    // A process group of its own lets us kill buildx together with the plugins and credential helpers it has started.
    detached: !isWindows,
    cleanup: isWindows,
    windowsHide: true,
  });
  const killAll = (): void => killTree(child.pid);
  const timers: NodeJS.Timeout[] = [];
  let wasCanceled = false;
  const cancel = (): void => {
    wasCanceled = true;
    // Windows has no interrupts: there it would end only the program that was started, and not what that has started.
    if (isWindows) killAll();
    else child.kill("SIGINT");
    timers.push(setTimeout(killAll, options.graceMs));
  };
  options.kill.addEventListener("abort", killAll, { once: true });
  child.nodeChildProcess.once("exit", () => timers.push(setTimeout(killAll, lingerMs)));
  if (options.signal.aborted) cancel();
  else options.signal.addEventListener("abort", cancel, { once: true });

  const waitForEnd = async (): Promise<Exit> => {
    try {
      const result = await child;
      if (child.pid === undefined) throw result.cause ?? new Error(result.shortMessage);
      if (wasCanceled) killAll();
      return { exitCode: result.exitCode, signal: result.signal, wasCanceled };
    } finally {
      timers.forEach(clearTimeout);
      options.signal.removeEventListener("abort", cancel);
      options.kill.removeEventListener("abort", killAll);
    }
  };
  return { stdout: child.stdout ?? undefined, stderr: child.stderr, ended: waitForEnd() };
}

function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  if (isWindows) {
    void execa("taskkill", ["/pid", String(pid), "/t", "/f"], { reject: false });
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // Nobody is left in the group, which is what was wanted; on some systems only what has ended and is not yet collected.
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ESRCH", "EPERM"].includes(code)) throw error;
  }
}
