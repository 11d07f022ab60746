import type { Ending } from "./podStatus.ts";

/** What runs in a pod's container. */
export interface PodProcess {
  /** Environment of commands that are run in the pod. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
  /** File with what it has written; absent: nothing. */
  readonly logPath?: string;
  /** True when a readiness probe succeeds. */
  isServing(): Promise<boolean>;
  kill(signal: NodeJS.Signals): void;
}

/** A process that is only said to be there; it takes every signal as it should. */
export class ImaginaryProcess implements PodProcess {
  readonly env = process.env;
  readonly ended: Promise<Ending>;
  readonly #end: (ending: Ending) => void;
  readonly #isReady: boolean;

  constructor(isReady: boolean) {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.ended = promise;
    this.#end = resolve;
    this.#isReady = isReady;
  }

  async isServing(): Promise<boolean> {
    if (!this.#isReady) await this.ended;
    return this.#isReady;
  }

  kill(signal: NodeJS.Signals): void {
    this.#end({ exitCode: signal === "SIGTERM" ? 143 : 137 });
  }
}
