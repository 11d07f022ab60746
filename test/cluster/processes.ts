import { execa } from "execa";
import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LabError } from "./labError.ts";
import { forgetProcess, isAlive, markerVariable, noteProcess, readLedger, startTimeOf } from "./ledger.ts";
import type { LabNode } from "./nodes.ts";
import { labEnv, logDir, runDir } from "./paths.ts";

/** A program of the lab that goes on after `up` has ended. */
export interface LabProcess {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it in a session of its own, so that Ctrl-C ends only `up`, and notes it in the ledger. */
export function startProcess({ name, file, args, env }: LabProcess): void {
  const log = openSync(logPath(name), "w");
  // Not with execa: it looks after a child to its end, and these outlive us.
  const child = spawn(file, args, {
    cwd: runDir,
    env: { ...process.env, ...labEnv(), ...env, [markerVariable]: runDir },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.once("error", () => {}); // said below: then it has no pid
  child.unref();
  const startTime = child.pid === undefined ? undefined : startTimeOf(child.pid);
  if (child.pid === undefined || startTime === undefined) {
    throw new LabError(`${name} did not start (${file})`);
  }
  noteProcess({ pid: child.pid, startTime, name });
}

/** Kills a program of the lab and starts it anew, as a machine that crashes does. */
export async function restartProcess(program: LabProcess): Promise<void> {
  const entry = readLedger().find(({ name }) => name === program.name);
  if (!entry) throw new LabError(`${program.name} does not run`);
  process.kill(entry.pid, "SIGKILL");
  // Its first thread may be gone before the others, which still have its ports.
  while (isAlive(entry) || threadsOf(entry.pid) > 1) await delay(20);
  forgetProcess(program.name);
  startProcess(program);
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0; // it is gone altogether
  }
}

/** Waits until `isThere`, as long as every process of the lab lives; else says which one ended, and its last words. */
export async function waitFor(what: string, seconds: number, isThere: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await isThere())) {
    const ended = readLedger().find((entry) => !isAlive(entry));
    if (ended) {
      throw new LabError(`${ended.name} has ended: ${lastLogLine(ended.name)} (${logPath(ended.name)})`);
    }
    if (Date.now() > end) {
      throw new LabError(`${what}: not there after ${seconds} s; see ${logDir}`);
    }
    await delay(100);
  }
}

/** Runs a command of the lab to its end. */
export function runTool(file: string, args: readonly string[], options: { cwd?: string; input?: string } = {}) {
  return execa(file, args, { input: "", ...options, env: labEnv() });
}

export function kubectl(...args: readonly string[]) {
  return runTool("kubectl", args);
}

/** containerd's client for one node, in the namespace of Kubernetes. */
export function ctr(node: LabNode, ...args: readonly string[]) {
  return runTool("ctr", ["--address", node.socket, "--namespace", "k8s.io", ...args]);
}

/** Whether the command succeeds. */
export async function succeeds(command: PromiseLike<unknown>): Promise<boolean> {
  try {
    await command;
    return true;
  } catch {
    return false;
  }
}

function logPath(name: string): string {
  return join(logDir, `${name}.log`);
}

function lastLogLine(name: string): string {
  return readFileSync(logPath(name), "utf8").trim().split("\n").at(-1) || "no output";
}
