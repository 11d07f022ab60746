import { execa } from "execa";
import { fstatSync, mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `end` when this process ends, be it by itself, by an error or by a signal. The returned
 * function takes it back. `end` must be synchronous: nothing else runs in a process that is ending.
 */
export function atExit(end: () => void): () => void {
  process.on("exit", end);
  for (const signal of signals) process.on(signal, quit);
  return () => {
    process.off("exit", end);
    for (const signal of signals) process.off(signal, quit);
  };
}

const quit = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);

/**
 * Calls `end` when the process that started this one is gone, even by SIGKILL: then the pipe that is our
 * stdin closes. A terminal or a file there says nothing about it.
 */
export function endWithParent(end: () => void): void {
  const stdin = fstatSync(0);
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.on("end", end).resume().unref();
}

/**
 * An option for a Node program that is not ours: it, and its group, ends when the process that started it is
 * gone. For programs started by `startGroup`.
 */
export const nodeEndsWithParent = `--import=data:text/javascript,${encodeURIComponent(
  `process.stdin.on("end", () => process.kill(-process.pid, "SIGKILL")).resume().unref();`,
)}`;

/** A temporary folder that does not outlive this process. */
export interface ScratchDir {
  readonly path: string;
  remove(): void;
}

/** Makes an empty temporary folder. */
export function scratchDir(prefix: string): ScratchDir {
  const dir = mkdtempSync(path.join(tmpdir(), prefix));
  // Killed processes may still be writing their last files.
  const erase = () => rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
  const keep = atExit(erase);
  return {
    path: dir,
    remove() {
      keep();
      erase();
    },
  };
}

/** A child process with all its descendants; none of them outlives this process. */
export interface Group {
  /** The newest part of what the child printed, both streams in order. */
  output(): string;
  /** Resolves to how the child ended; never rejects. */
  readonly exited: Promise<{ readonly code: number; readonly reason: string }>;
  /** Resolves to the first match in the output; rejects when the child ends or the time is over. */
  printed(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>;
  /** Ends the group, gently at first, and resolves when the child is gone. */
  stop(): Promise<void>;
}

export interface GroupOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly onOutput?: (text: string) => void;
}

const keptOutput = 200_000;
const graceMs = 3000;

/** Starts a program in a process group of its own. Its stdin ends when this process does. */
export function startGroup(file: string, args: readonly string[], options: GroupOptions = {}): Group {
  const child = execa(file, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    all: true,
    stdin: "pipe",
  });
  const { pid } = child;
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // The group is already gone.
    }
  };
  const release = atExit(() => kill("SIGTERM"));

  let output = "";
  const watchers = new Set<() => void>();
  child.all.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-keptOutput);
    options.onOutput?.(text);
    for (const watcher of watchers) watcher();
  });
  const exited = child.then((result) => {
    release();
    return {
      code: result.exitCode ?? 1,
      reason:
        result.signal ?? (result.exitCode === undefined ? String(result.shortMessage) : `exit ${result.exitCode}`),
    };
  });

  return {
    output: () => output,
    exited,
    async printed(pattern, timeoutMs) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      const look = () => {
        const match = pattern.exec(output);
        if (match) resolve(match);
      };
      const giveUp = (why: string) => reject(new Error(`${path.basename(file)} ${why}:\n${output.slice(-3000)}`));
      const timer = setTimeout(() => giveUp(`did not print ${pattern} within ${timeoutMs / 1000} s`), timeoutMs);
      watchers.add(look);
      void exited.then(({ reason }) => giveUp(`ended (${reason}) before it printed ${pattern}`));
      look();
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        watchers.delete(look);
      }
    },
    async stop() {
      kill("SIGTERM");
      const force = setTimeout(() => kill("SIGKILL"), graceMs);
      await exited;
      clearTimeout(force);
      // Descendants that ignored the first signal.
      kill("SIGKILL");
    },
  };
}
