import { type Disposable, Emitter, type Event } from "../event.ts";
import type { UserError } from "../errors.ts";
import { troubleOf } from "../errors.ts";
import type { Resource } from "./listWatch.ts";
import type { Watched } from "./objects.ts";

/** A resource whose source can be exchanged under its listeners. */
export class SwitchedResource<T> implements Resource<T> {
  readonly #changed = new Emitter<Watched<T>>();
  #source: Resource<T>;
  #subscription: Disposable | undefined;
  #listeners = 0;
  /** What is shown until the new source has something to say. */
  #kept: Watched<T> | undefined;

  constructor(source: Resource<T>) {
    this.#source = source;
  }

  get current(): Watched<T> {
    return this.#kept ?? this.#source.current;
  }

  readonly onDidChange: Event<Watched<T>> = (listener) => {
    const own = this.#changed.event(listener);
    this.#listeners += 1;
    this.#subscription ??= this.#subscribe();
    let isListening = true;
    return {
      dispose: () => {
        if (!isListening) return;
        isListening = false;
        own.dispose();
        this.#listeners -= 1;
        if (this.#listeners > 0) return;
        this.#subscription?.dispose();
        this.#subscription = undefined;
        this.#kept = undefined;
      },
    };
  };

  /** Goes over to another source; `keep`: it is the same cluster, so show what is known until the new one has loaded. */
  switchTo(source: Resource<T>, keep: boolean): void {
    const previous = this.#subscription;
    this.#kept = keep && previous && this.current.status.kind === "live" ? this.current : undefined;
    this.#source = source;
    if (!previous) return;
    this.#subscription = this.#subscribe();
    previous.dispose();
    this.#forward();
  }

  #subscribe(): Disposable {
    return this.#source.onDidChange(() => this.#forward());
  }

  #forward(): void {
    if (this.#kept && this.#source.current.status.kind === "loading") return;
    this.#kept = undefined;
    this.#changed.fire(this.current);
  }
}

/** A resource that cannot be had, for a reason that only its owner can lift. */
export function failedResource<T>(error: UserError): Resource<T> {
  return {
    current: { status: { kind: "failed", ...troubleOf(error) }, items: [] },
    onDidChange: () => ({ dispose: () => undefined }),
  };
}
