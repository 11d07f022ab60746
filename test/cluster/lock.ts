import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive, readIfThere, startTimeOf } from "./ledger.ts";
import { cacheDir } from "./paths.ts";
import type { Progress } from "./progress.ts";

const lockPath = join(cacheDir, "lock");

/**
 * Runs `work` while no other lab command changes anything, in this checkout or another. Waits for a live owner; the
 * lock of one that was killed is broken.
 */
export async function withLock<T>(command: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  const mine = `${process.pid} ${startTimeOf(process.pid)} ${command}\n`;
  mkdirSync(cacheDir, { recursive: true });
  let isAnnounced = false;
  while (!tryToTake(mine)) {
    const theirs = readIfThere(lockPath);
    if (!isOwnerAlive(theirs)) {
      breakLock(theirs);
      continue;
    }
    if (!isAnnounced) {
      progress.note(
        `waiting: another lab command is at work (pid and command: ${theirs.trim().replace(/ \d+ /, " ")})`,
      );
      isAnnounced = true;
    }
    await delay(200);
  }
  try {
    return await work();
  } finally {
    rmSync(lockPath, { force: true });
  }
}

/** A link either comes into being whole or not at all: nobody reads a lock without its owner. */
function tryToTake(content: string): boolean {
  const draft = `${lockPath}.${process.pid}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, lockPath);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isOwnerAlive(content: string): boolean {
  const [pid = "", startTime = ""] = content.split(" ");
  return isAlive({ pid: Number(pid), startTime });
}

/** Moved aside and looked at again, so that a lock taken meanwhile by somebody else is put back. */
function breakLock(expected: string): void {
  const aside = `${lockPath}.stale.${process.pid}`;
  try {
    renameSync(lockPath, aside);
  } catch {
    return; // its owner, or another waiting command, was faster
  }
  if (readIfThere(aside) === expected) {
    rmSync(aside);
  } else {
    renameSync(aside, lockPath);
  }
}
