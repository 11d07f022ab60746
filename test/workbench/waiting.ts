import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Locator, Page } from "playwright-core";

/** Waits on what a page shows. A wait in vain says what was looked for and leaves a picture of what was there. */
export class Waiting {
  readonly #page: Page;
  readonly #pictures: string;
  readonly #timeoutMs: number;

  constructor(page: Page, pictures: string, timeoutMs: number) {
    this.#page = page;
    this.#pictures = pictures;
    this.#timeoutMs = timeoutMs;
    page.setDefaultTimeout(timeoutMs);
  }

  /** Runs a step that waits by itself, such as a click. */
  async step<T>(what: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const picture = await this.picture(`failed ${what}`).catch((reason: unknown) => `none (${String(reason)})`);
      throw new Error(`In vain: ${what}. Picture: ${picture}`, { cause: error });
    }
  }

  /** Reads again whenever the page has changed, until what was read is what was wanted. */
  async until<T>(what: string, read: () => Promise<T>, isWanted: (value: T) => boolean): Promise<T> {
    const end = performance.now() + this.#timeoutMs;
    let last: T | undefined;
    return this.step(what, async () => {
      for (;;) {
        // Counted before reading: a change while reading is not missed.
        const seen = await this.#page.evaluate(countChanges);
        last = await read();
        if (isWanted(last)) return last;
        const timeout = Math.max(end - performance.now(), 1);
        await this.#page
          .waitForFunction((count) => window.pageChanges !== count, seen, { timeout })
          .catch((error: unknown) => {
            throw new Error(`Last seen: ${JSON.stringify(last)}`, { cause: error });
          });
      }
    });
  }

  /** One part of the page under its own name. */
  part(what: string, locator: Locator): Part {
    return new Part(this, what, locator);
  }

  /** Saves what the page shows and gives the file. */
  async picture(name: string): Promise<string> {
    mkdirSync(this.#pictures, { recursive: true });
    const file = path.join(this.#pictures, `${name.replaceAll(/[^\w.-]+/g, "-").slice(0, 80)}.png`);
    await this.#page.screenshot({ path: file, timeout: 30_000 });
    return file;
  }
}

/** A part of the workbench that may or may not be there. */
export class Part {
  readonly #waiting: Waiting;
  readonly #what: string;
  readonly locator: Locator;

  constructor(waiting: Waiting, what: string, locator: Locator) {
    this.#waiting = waiting;
    this.#what = what;
    this.locator = locator;
  }

  click(): Promise<void> {
    return this.#waiting.step(`click ${this.#what}`, () => this.locator.click());
  }

  /** Resolves to its text when it is visible. */
  text(): Promise<string> {
    return this.#waiting.step(`read ${this.#what}`, async () => {
      await this.locator.waitFor();
      return (await this.locator.innerText()).replaceAll(/\s+/g, " ").trim();
    });
  }

  shown(): Promise<void> {
    return this.#waiting.step(`see ${this.#what}`, () => this.locator.waitFor());
  }

  gone(): Promise<void> {
    return this.#waiting.step(`see ${this.#what} go`, () => this.locator.waitFor({ state: "hidden" }));
  }
}

declare global {
  interface Window {
    /** How often the page has changed since somebody first asked. */
    pageChanges?: number;
  }
}

/** Runs in the page. */
function countChanges(): number {
  if (window.pageChanges === undefined) {
    window.pageChanges = 0;
    const observer = new MutationObserver(() => {
      window.pageChanges = (window.pageChanges ?? 0) + 1;
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  }
  return window.pageChanges;
}
