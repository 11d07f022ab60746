import { type FSWatcher, readdirSync, realpathSync, statSync, unwatchFile, watch, watchFile } from "node:fs";
import path from "node:path";
import type { Disposable } from "./event.ts";

/** Tools replace a file in several steps; one call is enough for all of them. */
const settleMs = 100;
const pollMs = 5_000;

/**
 * Calls `listener` after any of the paths has changed, come or gone; it need not exist now, nor its folder. A folder has
 * changed when an entry of it has. Replacing a file or folder by a rename and changing what a symbolic link points to
 * count too. Keeps no process alive.
 */
export function onDidChangeFiles(paths: readonly string[], listener: () => void): Disposable {
  const watchers = new Map<string, FSWatcher>();
  let polled: readonly string[] = [];
  let signature = signatureOf(paths);
  let timer: NodeJS.Timeout | undefined;
  let isDisposed = false;

  const check = (): void => {
    timer = undefined;
    arm();
    const latest = signatureOf(paths);
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
    polled = paths;
    for (const one of paths) watchFile(one, { interval: pollMs, persistent: false }, checkSoon);
  };
  function arm(): void {
    const folders = new Map(paths.flatMap(foldersOf).map((folder) => [folder.key, folder.path]));
    for (const [key, watcher] of watchers) {
      if (folders.has(key)) continue;
      watcher.close();
      watchers.delete(key);
    }
    for (const [key, folder] of folders) {
      if (watchers.has(key)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, checkSoon);
        watchers.set(key, watcher);
        watcher.on("error", () => {
          // The folder itself is gone, most often: look again for the nearest one that exists.
          watcher.close();
          watchers.delete(key);
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
      for (const one of polled) unwatchFile(one, checkSoon);
    },
  };
}

interface WatchedFolder {
  /** Another one when the folder has been replaced in between: a watch stays with the one that was. */
  readonly key: string;
  readonly path: string;
}

/** Folders in which a change shows: the path's own (or the nearest that exists), that of a link's target, itself. */
function foldersOf(one: string): readonly WatchedFolder[] {
  let parent = path.dirname(one);
  while (!statOf(parent)?.isDirectory() && path.dirname(parent) !== parent) parent = path.dirname(parent);
  const stat = statOf(one);
  const target = stat ? targetOf(one) : one;
  const folders = [parent, ...(stat ? [path.dirname(target)] : []), ...(stat?.isDirectory() ? [target] : [])];
  return [...new Set(folders)].map((folder) => ({ key: `${folder} ${statOf(folder)?.ino}`, path: folder }));
}

function targetOf(one: string): string {
  try {
    return realpathSync(one);
  } catch {
    return one; // It has gone this very moment.
  }
}

function signatureOf(paths: readonly string[]): string {
  return paths.map((one) => [markOf(one), ...entriesOf(one).map(markOf)].join()).join("|");
}

function markOf(one: string): string {
  const stat = statOf(one);
  return stat
    ? `${one}:${stat.ino}:${stat.isDirectory() ? "" : stat.size}:${stat.mtimeMs}:${stat.isDirectory() ? "" : stat.ctimeMs}`
    : "";
}

/** The entries of a folder; none of a file or of what is not there. */
function entriesOf(folder: string): readonly string[] {
  try {
    return statOf(folder)?.isDirectory() ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
  } catch {
    return []; // It has gone meanwhile, or may not be read: the next look tells.
  }
}

function statOf(one: string): ReturnType<typeof statSync> {
  try {
    return statSync(one, { throwIfNoEntry: false });
  } catch {
    return undefined; // Something above it is no folder, or may not be entered.
  }
}
