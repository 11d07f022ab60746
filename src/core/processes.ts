import { readFileSync } from "node:fs";

/**
 * Names a process that runs now, so that a later one of the same number is not taken for it: in a container the numbers
 * are the same at every start. Undefined when none of that number runs.
 */
export function processMark(pid: number = process.pid): string | undefined {
  if (process.platform !== "linux") return isAlive(pid) ? String(pid) : undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the name, which may hold anything: the state comes first, the time of its start is the 20th (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : `${pid}:${fields[19]}`;
  } catch {
    return undefined; // There is none.
  }
}

/** True while the process runs that had this mark. */
export function isRunning(mark: string): boolean {
  return processMark(Number.parseInt(mark, 10)) === mark;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
