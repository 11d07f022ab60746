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

function markedPids(dir: string): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      const variables = pid > 0 && pid !== process.pid ? environmentOf(pid) : [];
      return (
        variables.includes(`${marker}=${dir}`) &&
        !variables.some((variable) => variable.startsWith(`${markerVariable}=`))
      );
    });
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
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
