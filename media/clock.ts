import { signal, type ReadonlySignal } from "@preact/signals";

const tickMs = 100;
/** Names read aloud change this often at most: a screen reader repeats a focused name whenever it changes. */
const spokenTickMs = 10_000;

/**
 * The extension's time in this page. It ticks only while something runs and the page is drawn; everything that grows
 * reads {@link now}.
 */
export class Clock {
  readonly #now = signal(0);
  readonly #spoken = signal(0);
  #offsetMs = Number.POSITIVE_INFINITY;
  #isRunning = false;

  /** Epoch milliseconds of the extension's machine, ten times a second while something runs. */
  get now(): ReadonlySignal<number> {
    return this.#now;
  }

  /** The same, but calm: for what is read aloud. */
  get spoken(): ReadonlySignal<number> {
    return this.#spoken;
  }

  /**
   * Learns the extension's time from a message. The quickest message tells it best, so later ones only correct it
   * downwards; a snapshot begins anew.
   */
  sync(hostNowMs: number, isSnapshot: boolean): void {
    const offsetMs = Date.now() - hostNowMs;
    this.#offsetMs = isSnapshot ? offsetMs : Math.min(this.#offsetMs, offsetMs);
    this.#now.value = Date.now() - this.#offsetMs;
    if (isSnapshot) this.refreshSpoken();
  }

  /** Brings {@link spoken} up to date, for something that is about to be read. */
  refreshSpoken(): void {
    this.#spoken.value = this.#now.peek();
  }

  /** Starts or stops the ticking. */
  setRunning(isRunning: boolean): void {
    if (isRunning && !this.#isRunning) this.#tickSoon();
    this.#isRunning = isRunning;
  }

  #tickSoon(): void {
    // The frame keeps hidden pages quiet, the timeout keeps visible ones from redrawing sixty times a second.
    setTimeout(() => requestAnimationFrame(() => this.#tick()), tickMs);
  }

  #tick(): void {
    if (!this.#isRunning) return;
    this.#now.value = Date.now() - this.#offsetMs;
    if (this.#now.peek() - this.#spoken.peek() >= spokenTickMs) this.refreshSpoken();
    this.#tickSoon();
  }
}
