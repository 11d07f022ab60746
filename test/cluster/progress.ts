/** Where a task stands: what it does, which of how many it is, since when. */
export interface TaskProgress {
  readonly what: string;
  readonly index: number;
  readonly count: number;
  readonly elapsedMs: number;
}

export function formatProgress({ what, index, count, elapsedMs }: TaskProgress): string {
  const place = count > 1 ? ` (${index} of ${count})` : "";
  return `${what}${place}, ${formatDuration(elapsedMs)}`;
}

export function formatDuration(ms: number): string {
  if (ms < 60_000) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** A step of preparing the lab that may take long. */
export interface Task {
  readonly what: string;
  readonly run: () => Promise<void>;
}

/**
 * Tells on stderr what goes on (stdout is for results). A terminal shows one line that counts; a log file gets a line
 * now and then, so that a long compile is not taken for a hang.
 */
export class Progress {
  readonly #output: NodeJS.WriteStream | undefined;
  readonly #startedAt = Date.now();

  /** Without an output: silent. */
  constructor(output: NodeJS.WriteStream | undefined = process.stderr) {
    this.#output = output;
  }

  note(text: string): void {
    this.#output?.write(`${this.#clearLine}[${formatDuration(Date.now() - this.#startedAt)}] ${text}\n`);
  }

  async runAll(tasks: readonly Task[]): Promise<void> {
    for (const [position, task] of tasks.entries()) {
      await this.#runOne(task, position + 1, tasks.length);
    }
  }

  async #runOne({ what, run }: Task, index: number, count: number): Promise<void> {
    const startedAt = Date.now();
    const show = () => this.#show(formatProgress({ what, index, count, elapsedMs: Date.now() - startedAt }));
    show();
    const timer = setInterval(show, this.#output?.isTTY ? 1000 : 30_000);
    try {
      await run();
    } finally {
      clearInterval(timer);
    }
    this.note(`${formatProgress({ what, index, count, elapsedMs: Date.now() - startedAt })}: done`);
  }

  #show(line: string): void {
    this.#output?.write(this.#output.isTTY ? `${this.#clearLine}${line}` : `${line}\n`);
  }

  get #clearLine(): string {
    return this.#output?.isTTY ? "\r\x1b[K" : "";
  }
}
