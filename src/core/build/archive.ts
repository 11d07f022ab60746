import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { writePrivateFile } from "../files.ts";
import { isRunning, processMark } from "../processes.ts";
import { PastBuild, parseRecord, recorded, recordVersion, type BuildRecord } from "./pastBuild.ts";
import type { ShownBuild } from "./shownBuild.ts";

/** Between two savings of a running build: what is lost at most when its process is killed. */
const saveEveryMs = 10_000;

/** Whether a process still runs it. Where processes are told by their numbers only, it must also go on saving it. */
function isOwned({ owner, savedMs }: BuildRecord): boolean {
  return owner !== undefined && isRunning(owner) && Date.now() - savedMs < 3 * saveEveryMs;
}

/** What a folder of builds holds. */
export interface Loaded {
  readonly builds: readonly PastBuild[];
  /** Ids of builds that run in another window, or that it has not finished to save. */
  readonly elsewhere: readonly string[];
}

/** The builds of a workspace on disk, so that closing the window loses neither their times nor their verdicts. */
export class BuildArchive {
  readonly #folder: string;
  readonly #kept: number;

  /** @param kept how many builds are kept */
  constructor(folder: string, kept: number) {
    this.#folder = folder;
    this.#kept = kept;
  }

  /** The builds of earlier windows, the newest first, and those that another window has now. */
  async load(): Promise<Loaded> {
    const records = await this.#read();
    const { past = [], owned = [] } = Object.groupBy(
      records.filter((record) => record !== undefined),
      (record) => (isOwned(record) ? "owned" : "past"),
    );
    const builds = past.map((record) => new PastBuild(record)).toSorted((a, b) => b.startedMs - a.startedMs);
    await this.#remove(builds.slice(this.#kept).map(({ id }) => id));
    const elsewhere = owned.filter(({ owner }) => owner !== processMark());
    return { builds: builds.slice(0, this.#kept), elsewhere: elsewhere.map(({ snapshot }) => snapshot.head.id) };
  }

  /** Removes all builds but those that run, here or in another window. */
  async clear(): Promise<void> {
    const records = await this.#read();
    await this.#remove(records.flatMap((record) => (record && !isOwned(record) ? record.snapshot.head.id : [])));
  }

  async #read(): Promise<readonly (BuildRecord | undefined)[]> {
    const files = (await readdir(this.#folder).catch(() => [])).filter((file) => file.endsWith(".json"));
    return Promise.all(
      files.map(async (file) => parseRecord(await readFile(path.join(this.#folder, file), "utf8").catch(() => ""))),
    );
  }

  async #remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) await rm(this.#fileOf(id), { force: true });
  }

  /** Saves a build now and then until it has ended, and then for good. */
  async follow(build: ShownBuild & { readonly ended: Promise<void> }): Promise<void> {
    // One after the other, or an early one that is slow would come last.
    let saving = Promise.resolve();
    const save = (): void => {
      // One that fails, on a disk that is full for a moment, is made good by the next; the last one tells.
      saving = saving.catch(() => undefined).then(() => this.#save(build));
      saving.catch(() => undefined);
    };
    save();
    const timer = setInterval(save, saveEveryMs);
    try {
      await build.ended;
    } finally {
      clearInterval(timer);
    }
    save();
    await saving;
  }

  async #save(build: ShownBuild): Promise<void> {
    const { id, request, hasEnded } = build;
    const record: BuildRecord = {
      version: recordVersion,
      request,
      snapshot: recorded(build.snapshot()),
      savedMs: Date.now(),
      ...(!hasEnded && { owner: processMark() }),
    };
    await writePrivateFile(this.#fileOf(id), JSON.stringify(record));
  }

  #fileOf(id: string): string {
    return path.join(this.#folder, `${id}.json`);
  }
}
