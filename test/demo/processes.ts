import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { markerVariable } from "../cluster/ledger.ts";

/** In the environment of everything a run starts, with its folder as the value. */
export const marker = "MULTI_ARCH_DEMO";

/** How long the processes of a run may take to end in good order. */
const graceMs = 5000;

/** Ends what is left of the processes of a run, but for those of the local cluster, which has its own way down. */
export async function endMarked(dir: string): Promise<void> {
  const killAtMs = Date.now() + graceMs;
  for (let pids = markedPids(dir); pids.length > 0; pids = markedPids(dir)) {
    for (const pid of pids) end(pid, Date.now() < killAtMs ? "SIGTERM" : "SIGKILL");
    await delay(50);
  }
}

/** The processes of a run, but for those of the local cluster. */
function markedPids(dir: string): readonly number[] {
  return processesWith(marker, dir).flatMap(({ pid, environment }) =>
    environment.some((variable) => variable.startsWith(`${markerVariable}=`)) ? [] : [pid],
  );
}

/** A process as /proc shows it. */
export interface ProcessView {
  readonly pid: number;
  readonly command: readonly string[];
  readonly environment: readonly string[];
}

/** All other processes that have this value of a variable in their environment. */
export function processesWith(variable: string, value: string): readonly ProcessView[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .map((pid) => ({ pid, command: listIn(pid, "cmdline"), environment: listIn(pid, "environ") }))
    .filter(({ environment }) => environment.includes(`${variable}=${value}`));
}

function listIn(pid: number, file: "cmdline" | "environ"): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    return []; // it has ended, or is not ours
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended meanwhile
  }
}
