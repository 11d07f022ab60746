import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { LogChunk } from "../../src/protocol.ts";
import { StepLog } from "./stepLog.ts";

/** A step's log; `version` changes whenever the log does. */
export interface WatchedLog {
  readonly log: StepLog;
  readonly version: ReadonlySignal<number>;
}

/** The logs of the steps that are shown. Chunks are taken in once per frame, however many messages bring them. */
export class LogFeed {
  readonly #logs = new Map<string, { readonly log: StepLog; readonly version: Signal<number> }>();
  readonly #ask: (stepIds: readonly string[]) => void;
  readonly #nextFrame: (callback: () => void) => void;
  #watched: readonly string[] = [];
  #queue: LogChunk[] = [];

  /**
   * @param ask tells the extension whose logs to send
   * @param nextFrame calls back before the next frame is drawn
   */
  constructor(ask: (stepIds: readonly string[]) => void, nextFrame: (callback: () => void) => void) {
    this.#ask = ask;
    this.#nextFrame = nextFrame;
  }

  /** The steps whose logs are wanted from now on; the logs of others are forgotten. */
  watch(stepIds: readonly string[]): void {
    for (const id of this.#logs.keys()) if (!stepIds.includes(id)) this.#logs.delete(id);
    if (stepIds.join() === this.#watched.join()) return;
    this.#watched = stepIds;
    this.#ask(stepIds);
  }

  /** Asks again for what is watched, after the extension has begun anew. */
  rewatch(): void {
    if (this.#watched.length > 0) this.#ask(this.#watched);
  }

  /** The log of a step, empty until something comes. It grows only while the step is watched. */
  log(stepId: string): WatchedLog {
    const known = this.#logs.get(stepId);
    if (known) return known;
    const entry = { log: new StepLog(), version: signal(0) };
    this.#logs.set(stepId, entry);
    return entry;
  }

  receive(chunks: readonly LogChunk[]): void {
    if (chunks.length === 0) return;
    if (this.#queue.length === 0) this.#nextFrame(() => this.#flush());
    this.#queue.push(...chunks);
  }

  #flush(): void {
    const chunks = this.#queue;
    this.#queue = [];
    const changed = new Set<Signal<number>>();
    for (const chunk of chunks) {
      const entry = this.#logs.get(chunk.stepId);
      if (!entry) continue;
      entry.log.append(chunk);
      changed.add(entry.version);
    }
    for (const version of changed) version.value += 1;
  }
}
