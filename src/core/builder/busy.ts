import { Emitter, type Disposable, type Event } from "../event.ts";

/** Builders that are being made or removed by this window, with what is done to them in a word or two. */
export class BusyBuilders implements Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new Emitter<void>();

  readonly onDidChange: Event<void> = this.#changed.event;

  textOf(builder: string): string | undefined {
    return this.#texts.get(builder);
  }

  /** Counts a builder as busy until the work has ended, however it does. */
  async during<T>(builder: string, text: string, work: () => Promise<T>): Promise<T> {
    this.#texts.set(builder, text);
    this.#changed.fire();
    try {
      return await work();
    } finally {
      this.#texts.delete(builder);
      this.#changed.fire();
    }
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
