/** Something that must be ended by its owner. Structurally VS Code's own `Disposable`. */
export interface Disposable {
  dispose(): void;
}

/** A function that subscribes a listener. Structurally VS Code's own `Event`. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/**
 * Makes an {@link Event} and fires it. Listeners are called in the order of subscription. What one of them throws is
 * reported as an uncaught error, and is none of the others' business, nor of whoever fires.
 */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();

  readonly event: Event<T> = (listener) => {
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return { dispose: () => this.#listeners.delete(own) };
  };

  fire(value: T): void {
    const listeners = [...this.#listeners]; // a listener may add or remove listeners
    for (const listener of listeners) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

/** Owns disposables and ends them together; what is added after the end is ended at once. */
export class DisposableStore implements Disposable {
  readonly #items = new Set<Disposable>();
  #isDisposed = false;

  add<T extends Disposable>(item: T): T {
    if (this.#isDisposed) item.dispose();
    else this.#items.add(item);
    return item;
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const item of [...this.#items].toReversed()) item.dispose();
    this.#items.clear();
  }
}
