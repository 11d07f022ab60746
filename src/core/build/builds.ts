import type { BuildxCli } from "../buildx/cli.ts";
import { Emitter, type Disposable, type Event } from "../event.ts";
import { BuildRun, type BuildRunOptions } from "./run.ts";

/** This many finished builds are remembered. */
const keptBuilds = 20;

/** The builds of this session: all that run, and the last ones that have ended. */
export class Builds implements Disposable {
  readonly #onBug: (error: unknown) => void;
  readonly #listChanged = new Emitter<void>();
  #runs: readonly BuildRun[] = [];

  /** Fires when a build has been started, or is in another state, or is forgotten. */
  readonly onDidChangeList: Event<void> = this.#listChanged.event;

  /** @param onBug is told what a build has thrown although failing is no exception for it */
  constructor(onBug: (error: unknown) => void) {
    this.#onBug = onBug;
  }

  /** The newest first. */
  get runs(): readonly BuildRun[] {
    return this.#runs;
  }

  find(id: string): BuildRun | undefined {
    return this.#runs.find((run) => run.id === id);
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
    void run
      .start()
      .catch(this.#onBug)
      .finally(() => this.#forgetOld());
    this.#listChanged.fire();
    return run;
  }

  /** Cancels what runs, and waits until it has ended. */
  async cancelAll(): Promise<void> {
    for (const run of this.#runs) run.cancel();
    await Promise.all(this.#runs.map((run) => run.ended));
  }

  /** Cancels what runs. */
  dispose(): void {
    for (const run of this.#runs) run.cancel();
    this.#listChanged.dispose();
  }

  #forgetOld(): void {
    const ended = this.#runs.filter((run) => run.hasEnded);
    const old = new Set(ended.slice(keptBuilds));
    if (old.size === 0) return;
    this.#runs = this.#runs.filter((run) => !old.has(run));
    this.#listChanged.fire();
  }
}
