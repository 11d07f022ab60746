import type { Disposable } from "../../src/core/event.ts";

/**
 * Does work soon, each key once however often it was asked for, as Kubernetes' controllers do: not within the change
 * that has caused it.
 */
export class WorkQueue implements Disposable {
  readonly #work: (key: string) => void;
  readonly #keys = new Set<string>();
  #next: NodeJS.Immediate | undefined;

  constructor(work: (key: string) => void) {
    this.#work = work;
  }

  add(key: string): void {
    this.#keys.add(key);
    this.#next ??= setImmediate(() => this.#run());
  }

  dispose(): void {
    clearImmediate(this.#next);
    this.#keys.clear();
  }

  #run(): void {
    this.#next = undefined;
    const keys = [...this.#keys];
    this.#keys.clear();
    for (const key of keys) this.#work(key);
  }
}
