import { appendFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runDir } from "./paths.ts";
import { processMark } from "../../src/core/processes.ts";

/** A process by pid *and* start time: a pid alone may have been given to another one since. */
export interface ProcessId {
  readonly pid: number;
  /** In clock ticks since boot, as /proc has it. */
  readonly startTime: string;
}

export interface LedgerEntry extends ProcessId {
  readonly name: string;
}

/** A change to the machine that `down` takes back. */
export interface UndoEntry {
  readonly kind: "umount" | "unregister" | "bridge";
  readonly target: string;
}

export const ledgerPath = join(runDir, "pids");
export const undoPath = join(runDir, "undo");
const undoKinds: ReadonlySet<string> = new Set<UndoEntry["kind"]>(["umount", "unregister", "bridge"]);

/** In the environment of everything the lab starts: what was started just before a crash is found without the ledger. */
export const markerVariable = "MULTI_ARCH_LAB_RUN";

export function parseLedger(text: string): LedgerEntry[] {
  return lines(text).flatMap((line) => {
    const match = /^(\d+) (\d+) (\S+)$/.exec(line);
    // A crash can cut the last line; that process is found by its environment.
    return match ? [{ pid: Number(match[1]), startTime: match[2] ?? "", name: match[3] ?? "" }] : [];
  });
}

export function parseUndo(text: string): UndoEntry[] {
  return lines(text).flatMap((line) => {
    const [kind = "", target] = line.split(" ", 2);
    return undoKinds.has(kind) && target ? [{ kind: kind as UndoEntry["kind"], target }] : [];
  });
}

export function readLedger(): LedgerEntry[] {
  return parseLedger(readIfThere(ledgerPath));
}

export function readUndo(): UndoEntry[] {
  return parseUndo(readIfThere(undoPath));
}

export function noteProcess({ pid, startTime, name }: LedgerEntry): void {
  appendFileSync(ledgerPath, `${pid} ${startTime} ${name}\n`);
}

/** Forgets a process that has been ended on purpose. */
export function forgetProcess(name: string): void {
  const left = readLedger().filter((entry) => entry.name !== name);
  writeFileSync(ledgerPath, left.map((entry) => `${entry.pid} ${entry.startTime} ${entry.name}\n`).join(""));
}

/** To be called *before* the change: a crash right after it then leaves nothing unrecorded. */
export function noteUndo(kind: UndoEntry["kind"], target: string): void {
  mkdirSync(runDir, { recursive: true });
  appendFileSync(undoPath, `${kind} ${target}\n`);
}

/** When the process started, or undefined if there is none of that pid (or only its zombie). */
export function startTimeOf(pid: number): string | undefined {
  return processMark(pid)?.split(":")[1];
}

export function isAlive({ pid, startTime }: ProcessId): boolean {
  return startTimeOf(pid) === startTime;
}

/** All live processes that carry the lab's marker, noted in the ledger or not. */
export function markedPids(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && labOf(pid) === runDir);
}

/** The run folder of the lab that started the process, if one did. */
export function labOf(pid: number): string | undefined {
  const prefix = `${markerVariable}=`;
  const marker = readIfThere(`/proc/${pid}/environ`)
    .split("\0")
    .find((variable) => variable.startsWith(prefix));
  return marker?.slice(prefix.length);
}

/** The file's text; empty if it is not there (files under /proc go away at any time). */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
