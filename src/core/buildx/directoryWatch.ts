import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Disposable } from "../event.ts";

/** Where no watch is to be had (the system's limit is reached, a network drive), folders are looked at this often. */
const pollMs = 5000;

/**
 * Watches folders that may come, go and be replaced. For a folder that does not exist, the nearest one above it is
 * watched for its coming.
 */
export class DirectoryWatch implements Disposable {
  readonly #directories: readonly string[];
  readonly #onEvent: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #poll: NodeJS.Timeout | undefined;
  #isDisposed = false;

  /** @param onEvent called, often several times in a row, when something in a folder may have changed */
  constructor(directories: readonly string[], onEvent: () => void) {
    this.#directories = directories;
    this.#onEvent = onEvent;
  }

  /** Watches what is there now. To be called at first, and again after events: folders may have come or gone. */
  async update(): Promise<void> {
    const targets = await Promise.all(this.#directories.map(nearestExisting));
    if (this.#isDisposed) return;
    const wanted = new Map(targets.map((target) => [target.key, target]));
    for (const [key, watcher] of this.#watchers) {
      if (wanted.has(key)) continue;
      watcher.close();
      this.#watchers.delete(key);
    }
    for (const target of wanted.values()) this.#watch(target);
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    clearInterval(this.#poll);
  }

  #watch({ key, path, awaited }: WatchTarget): void {
    if (this.#watchers.has(key)) return;
    try {
      const watcher = watch(path, { persistent: false }, (_event, name) => {
        const isOfInterest = awaited === undefined || name === null || name === awaited || name === basename(path);
        if (isOfInterest) this.#onEvent();
      });
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(key);
        this.#onEvent();
      });
      this.#watchers.set(key, watcher);
    } catch {
      this.#poll ??= setInterval(this.#onEvent, pollMs).unref();
    }
  }
}

interface WatchTarget {
  /** Two watches of one path are different when the folder has been replaced in between. */
  readonly key: string;
  readonly path: string;
  /** The entry whose coming matters; absent when all entries do. */
  readonly awaited: string | undefined;
}

async function nearestExisting(directory: string): Promise<WatchTarget> {
  let path = directory;
  let awaited: string | undefined;
  for (;;) {
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isDirectory()) return { key: `${path} ${stats.dev}:${stats.ino} ${awaited ?? ""}`, path, awaited };
    const parent = dirname(path);
    if (parent === path) return { key: path, path, awaited };
    awaited = basename(path);
    path = parent;
  }
}
