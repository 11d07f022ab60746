import { setTimeout as sleep } from "node:timers/promises";
import type { BuildxCli } from "../buildx/cli.ts";
import { Emitter, type Disposable, type Event } from "../event.ts";
import { BuildArchive } from "./archive.ts";
import type { PastBuild } from "./pastBuild.ts";
import type { ShownBuild } from "./shownBuild.ts";
import { BuildRun, type BuildRunOptions } from "./run.ts";

/** This many finished builds are remembered. */
const keptBuilds = 20;

/** While another window has builds of this folder: it is being closed, most often. */
const loadAgainMs = 1_000;

/** The builds of this window, all that run and the last ones that have ended, and those of earlier windows. */
export class Builds implements Disposable {
  readonly #onBug: (error: unknown) => void;
  readonly #listChanged = new Emitter<void>();
  readonly #archive: BuildArchive | undefined;
  readonly #saving = new Map<string, Promise<void>>();
  #runs: readonly BuildRun[] = [];
  #past: readonly PastBuild[] = [];
  /** Ids of builds that another window has. */
  #elsewhere: readonly string[] = [];
  #remembering: Promise<void> | undefined;
  #isDisposed = false;

  /** Fires when a build has been started, or is in another state, or is forgotten. */
  readonly onDidChangeList: Event<void> = this.#listChanged.event;

  /**
   * @param onBug is told what a build has thrown although failing is no exception for it
   * @param folder where builds are kept for the windows to come; absent: they are forgotten with this one
   */
  constructor(onBug: (error: unknown) => void, folder?: string) {
    this.#onBug = onBug;
    this.#archive = folder === undefined ? undefined : new BuildArchive(folder, keptBuilds);
  }

  /** Brings back the builds of earlier windows; those of one that is still being closed come when it has ended. */
  async remember(): Promise<void> {
    this.#remembering = this.#load();
    await this.#remembering;
  }

  /** The build of that id, as soon as no other window has it. */
  async findLater(id: string): Promise<ShownBuild | undefined> {
    do await this.#remembering;
    while (this.#elsewhere.includes(id) && !this.#isDisposed);
    return this.find(id);
  }

  /** Those of this window, the newest first. */
  get runs(): readonly BuildRun[] {
    return this.#runs;
  }

  /** Those that have not ended, the newest first. */
  get running(): readonly BuildRun[] {
    return this.#runs.filter((run) => !run.hasEnded);
  }

  /** All there are to show, the newest first. */
  get shown(): readonly ShownBuild[] {
    return [...this.#runs, ...this.#past].slice(0, Math.max(keptBuilds, this.#runs.length));
  }

  find(id: string): ShownBuild | undefined {
    return this.shown.find((build) => build.id === id);
  }

  /**
   * Starts a build and returns at once.
   *
   * @throws UserError when buildx cannot be given the request as it is
   */
  start(cli: BuildxCli, options: BuildRunOptions): BuildRun {
    const run = new BuildRun(cli, options);
    this.#runs = [run, ...this.#runs];
    let { state } = run;
    run.onDidChange(() => {
      if (run.state === state) return;
      state = run.state;
      this.#listChanged.fire();
    });
    this.#save(run);
    void run
      .start()
      .catch(this.#onBug)
      .finally(() => this.#forgetOld());
    this.#listChanged.fire();
    return run;
  }

  /** Forgets all that have ended, also those on disk. */
  async forget(): Promise<void> {
    const ended = this.#runs.filter((run) => run.hasEnded);
    this.#runs = this.running;
    this.#past = [];
    this.#listChanged.fire();
    for (const { id } of ended) await this.#saving.get(id);
    await this.#archive?.clear();
    // What was just being read may be of before.
    await this.#load();
  }

  /** Ends what runs on a builder that is being removed. */
  loseBuilder(name: string): void {
    for (const run of this.running) if (run.request.builder === name) run.loseBuilder();
  }

  /** Cancels what runs because the window is closed, and waits until it has ended and is saved. */
  async interruptAll(): Promise<void> {
    for (const run of this.#runs) run.interrupt();
    await Promise.all(this.#runs.map((run) => run.ended));
    await Promise.all(this.#saving.values());
  }

  /** Cancels what runs. */
  dispose(): void {
    this.#isDisposed = true;
    for (const run of this.#runs) run.cancel();
    this.#listChanged.dispose();
  }

  async #load(): Promise<void> {
    const { builds = [], elsewhere = [] } = (await this.#archive?.load()) ?? {};
    const own = new Set(this.#runs.map(({ id }) => id));
    const past = builds.filter(({ id }) => !own.has(id));
    const hasChanged = !isSameList(past, this.#past);
    this.#past = past;
    this.#elsewhere = elsewhere;
    if (hasChanged) this.#listChanged.fire();
    if (elsewhere.length > 0 && !this.#isDisposed) this.#remembering = this.#loadLater().catch(this.#onBug);
  }

  async #loadLater(): Promise<void> {
    await sleep(loadAgainMs, undefined, { ref: false });
    await this.#load();
  }

  #save(run: BuildRun): void {
    if (!this.#archive) return;
    const saving = this.#archive
      .follow(run)
      .catch(this.#onBug)
      .finally(() => this.#saving.delete(run.id));
    this.#saving.set(run.id, saving);
  }

  #forgetOld(): void {
    const ended = this.#runs.filter((run) => run.hasEnded);
    const old = new Set(ended.slice(keptBuilds));
    if (old.size === 0) return;
    this.#runs = this.#runs.filter((run) => !old.has(run));
    this.#listChanged.fire();
  }
}

function isSameList(a: readonly PastBuild[], b: readonly PastBuild[]): boolean {
  return a.length === b.length && a.every(({ id }, index) => id === b[index]?.id);
}
