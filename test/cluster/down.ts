import { existsSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LabError } from "./labError.ts";
import { isAlive, markedPids, readIfThere, readLedger, readUndo, startTimeOf } from "./ledger.ts";
import type { UndoEntry } from "./ledger.ts";
import { containerIds, namesIn, removeIfEmpty, removeLeftovers } from "./leftovers.ts";
import { withLock } from "./lock.ts";
import { labNodes } from "./nodes.ts";
import { completionPath, keyDir, logDir, runDir } from "./paths.ts";
import { runTool, succeeds } from "./processes.ts";
import { Progress } from "./progress.ts";

/** Ends what `up` started and takes back what it changed, and only that; also after a crash half-way. */
export async function labDown({ progress = new Progress() }: { readonly progress?: Progress } = {}): Promise<void> {
  await withLock("down", progress, takeDown);
}

/**
 * The work of `labDown`, for a caller that holds the lock. Nothing is asked to end in good order: all state is thrown
 * away, and so a crashed lab goes the same way as a healthy one.
 */
export async function takeDown(): Promise<void> {
  rmSync(completionPath, { force: true });
  await killAll();
  await unmountAll();
  for (const entry of readUndo().toReversed()) {
    await undo(entry);
  }
  await removeCgroups();
  removeLeftovers();
  for (const { stateDir } of labNodes) {
    rmSync(stateDir, { recursive: true, force: true });
    removeIfEmpty(dirname(stateDir));
  }
  removeRunFiles();
}

/** Again and again until none is left: a containerd may start one more shim just before its own end. */
async function killAll(): Promise<void> {
  const end = Date.now() + 15_000;
  for (let pids = labPids(); pids.length > 0; pids = labPids()) {
    if (Date.now() > end) {
      throw new LabError(`These processes of the lab do not end: ${pids.join(", ")}.`);
    }
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // ended meanwhile
      }
    }
    await delay(20);
  }
}

function labPids(): number[] {
  const recorded = readLedger().filter(isAlive);
  const inContainers = containerCgroups().flatMap(pidsInCgroup);
  return [...new Set([...recorded.map(({ pid }) => pid), ...markedPids(), ...inContainers])];
}

/** One folder for each container under cgroup v2, one for each controller under v1. */
function containerCgroups(): string[] {
  const ids = labNodes.flatMap(containerIds);
  return cgroupParents().flatMap((parent) => ids.map((id) => join(parent, id)).filter((dir) => existsSync(dir)));
}

/** Where every containerd of a machine has the groups of Kubernetes' containers. */
function cgroupParents(): string[] {
  const root = "/sys/fs/cgroup";
  return ["", ...namesIn(root)].map((controller) => join(root, controller, "k8s.io")).filter((dir) => existsSync(dir));
}

function pidsInCgroup(dir: string): number[] {
  const own = readIfThere(join(dir, "cgroup.procs")).split("\n").map(Number);
  // Zombies are listed for as long as their parent lets them be; they run nothing.
  return [...own.filter((pid) => pid > 0 && startTimeOf(pid) !== undefined), ...subdirs(dir).flatMap(pidsInCgroup)];
}

/** A group can be removed only some time after its last process has ended. */
async function removeCgroups(): Promise<void> {
  const end = Date.now() + 5000;
  for (let dirs = containerCgroups(); dirs.length > 0; dirs = containerCgroups()) {
    try {
      dirs.forEach(removeCgroup);
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
      await delay(50);
    }
  }
  cgroupParents()
    .filter((parent) => subdirs(parent).length === 0)
    .forEach((parent) => rmdirSync(parent));
}

function removeCgroup(dir: string): void {
  subdirs(dir).forEach(removeCgroup);
  rmdirSync(dir);
}

function subdirs(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map(({ name }) => join(dir, name));
}

/** Root file systems, volumes and network namespaces of containers; the innermost first. */
async function unmountAll(): Promise<void> {
  const dirs = [runDir, ...labNodes.map(({ stateDir }) => stateDir)];
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => (line.split(" ")[1] ?? "").replaceAll("\\040", " "))
    .filter((path) => dirs.some((dir) => path.startsWith(`${dir}/`)))
    .toReversed();
  if (mounts.length > 0) {
    await runTool("umount", ["--lazy", ...mounts]);
  }
}

/** What is not there any more, or never came into being before a crash, is no error. */
async function undo({ kind, target }: UndoEntry): Promise<void> {
  switch (kind) {
    case "bridge":
      await succeeds(runTool("ip", ["link", "del", target]));
      break;
    case "unregister":
      if (existsSync(target)) {
        writeFileSync(target, "-1");
      }
      break;
    case "umount":
      await succeeds(runTool("umount", [target]));
      break;
  }
}

/** Keys and logs stay; the ledger goes last, when there is nothing left to take down. */
function removeRunFiles(): void {
  const kept = new Set([keyDir, logDir]);
  const paths = namesIn(runDir)
    .map((name) => join(runDir, name))
    .filter((path) => !kept.has(path));
  const last = paths.filter((path) => /\/(?:pids|undo)$/.test(path));
  for (const path of [...paths.filter((one) => !last.includes(one)), ...last]) {
    rmSync(path, { recursive: true, force: true });
  }
}
