import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Where the bytes of one answer go. Whoever writes does not know of faults: here they are held back, slowed, cut, or
 * go nowhere.
 */
export class Outlet {
  readonly #target: Writable;
  readonly #cut: () => void;
  readonly #closed = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #held: PromiseWithResolvers<void> | undefined;
  #bytesPerSecond = Infinity;
  #bytesLeft = Infinity;
  #isSilent = false;

  /** `cut`: breaks the connection. */
  constructor(target: Writable, cut: () => void) {
    this.#target = target;
    this.#cut = cut;
    target.once("close", () => {
      this.#closed.abort();
      this.#held?.resolve();
    });
    // The connection may break at any moment: whoever writes learns it from `closed`.
    target.on("error", () => undefined);
  }

  /** Aborted when nobody listens any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** True once {@link silence} has been called. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Resolves when the data has been taken, or dropped with the connection. In the order of the calls. */
  async write(data: string | Uint8Array): Promise<void> {
    this.#last = this.#last.then(() => this.#writeNext(typeof data === "string" ? Buffer.from(data) : data));
    return this.#last;
  }

  /** Ends the answer after all that was written; a silent one never ends. */
  async end(): Promise<void> {
    this.#last = this.#last.then(() => this.#endNow());
    return this.#last;
  }

  /** Keeps everything back until the returned function is called. */
  hold(): () => void {
    this.#held ??= Promise.withResolvers<void>();
    const held = this.#held;
    return () => {
      if (this.#held === held) this.#held = undefined;
      held.resolve();
    };
  }

  /** From now on nothing arrives, and nobody is told. */
  silence(): void {
    this.#isSilent = true;
    this.#held?.resolve();
  }

  /** At most that many bytes a second; Infinity for no limit. */
  slow(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Breaks the connection after that many more bytes. */
  cutAfter(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  async #endNow(): Promise<void> {
    await this.#held?.promise;
    if (!this.#isSilent && !this.closed.aborted) this.#target.end();
  }

  async #writeNext(data: Uint8Array): Promise<void> {
    await this.#held?.promise;
    for (let rest = data; rest.length > 0 && !this.#isSilent && !this.closed.aborted;) {
      const size = this.#bytesPerSecond === Infinity ? rest.length : Math.max(1, Math.floor(this.#bytesPerSecond / 10));
      await this.#send(rest.subarray(0, Math.min(size, this.#bytesLeft)));
      if (this.#bytesLeft <= 0) this.#cut();
      rest = rest.subarray(size);
      if (this.#bytesPerSecond !== Infinity) await this.#sleep((1000 * size) / this.#bytesPerSecond);
    }
  }

  async #send(data: Uint8Array): Promise<void> {
    this.#bytesLeft -= data.length;
    const { promise, resolve } = Promise.withResolvers<void>();
    const close = (): void => resolve();
    this.closed.addEventListener("abort", close, { once: true });
    this.#target.write(data, () => resolve());
    await promise;
    this.closed.removeEventListener("abort", close);
  }

  async #sleep(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.closed }).catch(() => undefined); // closed meanwhile
  }
}
