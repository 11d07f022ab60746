import { type FSWatcher, realpathSync, statSync, unwatchFile, watch, watchFile } from "node:fs";
import path from "node:path";
import type { Disposable } from "../event.ts";

/** Tools replace a file in several steps; one call is enough for all of them. */
const settleMs = 100;
const pollMs = 5_000;

/**
 * Calls `listener` after any of the files has changed, come or gone; it need not exist now, nor its folder. Replacing
 * a file by a rename and changing what a symbolic link points to count too. Keeps no process alive.
 */
export function onDidChangeFiles(files: readonly string[], listener: () => void): Disposable {
  const watchers = new Map<string, FSWatcher>();
  let polled: readonly string[] = [];
  let signature = signatureOf(files);
  let timer: NodeJS.Timeout | undefined;
  let isDisposed = false;

  const check = (): void => {
    timer = undefined;
    arm();
    const latest = signatureOf(files);
    if (latest === signature) return;
    signature = latest;
    listener();
  };
  const checkSoon = (): void => {
    if (!isDisposed) timer ??= setTimeout(check, settleMs).unref();
  };
  const poll = (): void => {
    // No more watches can be had (a limit of the system): looking now and then is better than nothing.
    if (polled.length > 0) return;
    polled = files;
    for (const file of files) watchFile(file, { interval: pollMs, persistent: false }, checkSoon);
  };
  function arm(): void {
    const folders = new Set(files.flatMap(foldersOf));
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of folders) {
      if (watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, checkSoon);
        watchers.set(folder, watcher);
        watcher.on("error", () => {
          // The folder itself is gone, most often: look again for the nearest one that exists.
          watcher.close();
          watchers.delete(folder);
          checkSoon();
        });
      } catch {
        poll();
      }
    }
  }

  arm();
  return {
    dispose: () => {
      isDisposed = true;
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
      for (const file of polled) unwatchFile(file, checkSoon);
    },
  };
}

/** Folders in which a change of the file shows: its own (or the nearest that exists), and that of a link's target. */
function foldersOf(file: string): readonly string[] {
  let folder = path.dirname(file);
  while (!statSync(folder, { throwIfNoEntry: false })?.isDirectory() && path.dirname(folder) !== folder) {
    folder = path.dirname(folder);
  }
  const target = statSync(file, { throwIfNoEntry: false }) ? path.dirname(realpathSync(file)) : folder;
  return target === folder ? [folder] : [folder, target];
}

function signatureOf(files: readonly string[]): string {
  const parts = files.map((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : "";
  });
  return parts.join("|");
}
