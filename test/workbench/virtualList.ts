import type { Locator } from "playwright-core";

/** A row as VS Code numbers it. */
export interface ListRow {
  readonly index: number;
}

/** One of VS Code's lists. It renders only the rows in sight; here all are read. */
export class VirtualList<Row extends ListRow> {
  readonly #list: Locator;
  readonly #readRendered: (rows: Element[]) => Row[];

  /** `readRendered` runs in the page, on the rows in sight. */
  constructor(list: Locator, readRendered: (rows: Element[]) => Row[]) {
    this.#list = list;
    this.#readRendered = readRendered;
  }

  /** All rows from top to bottom. A list longer than its view is scrolled through, and back to its top. */
  async rows(): Promise<readonly Row[]> {
    const rows = new Map<number, Row>();
    await this.#scrollTo(0);
    for (;;) {
      for (const row of await this.#rendered().evaluateAll(this.#readRendered)) rows.set(row.index, row);
      const { offset, view } = await this.#list.evaluate(scroll, undefined);
      // At its end a list does not move.
      if ((await this.#scrollTo(offset + view / 2)).offset <= offset) break;
    }
    await this.#scrollTo(0);
    return [...rows.values()].toSorted((one, other) => one.index - other.index);
  }

  /** The element of a row, scrolled into sight. */
  async reveal({ index }: ListRow): Promise<Locator> {
    const row = this.#rendered(`[data-index="${index}"]`);
    let geometry = await this.#scrollTo(0);
    for (;;) {
      const { offset, view } = geometry;
      const bottom = await row.evaluateAll(bottomOf);
      if (bottom !== undefined && bottom <= offset + view) return row;
      geometry = await this.#scrollTo(offset + view / 2);
      if (geometry.offset <= offset) throw new Error(`There is no row ${index}`);
    }
  }

  /** Not the sticky copies of rows that are out of sight. */
  #rendered(which = ""): Locator {
    return this.#list.locator(`.monaco-list-rows > .monaco-list-row${which}`);
  }

  #scrollTo(offset: number): Promise<Geometry> {
    return this.#list.evaluate(scroll, offset);
  }
}

/** In pixels: how far a list is scrolled, and how much of it is in sight. */
interface Geometry {
  readonly offset: number;
  readonly view: number;
}

/**
 * Runs in the page: scrolls a list, and measures it. The wheel event is made by hand because the browser's
 * own move a list by 50 pixels, however far the wheel is turned.
 */
function scroll(list: Element, target: number | undefined): Geometry {
  const rows = list.querySelector<HTMLElement>(".monaco-list-rows");
  const view = rows?.parentElement;
  if (!rows || !view) throw new Error("Not a list of VS Code");
  const offset = () => view.getBoundingClientRect().top - rows.getBoundingClientRect().top;
  if (target !== undefined && target !== offset()) {
    const turn = new WheelEvent("wheel", { bubbles: true, cancelable: true });
    // What VS Code reads: 120 for each turn of the wheel, which it takes for 50 pixels.
    Object.defineProperty(turn, "wheelDeltaY", { value: ((offset() - target) / 50) * 120 });
    rows.dispatchEvent(turn);
  }
  return { offset: offset(), view: list.clientHeight };
}

/** Runs in the page: where the first of some rows ends, from the top of the list's content. */
function bottomOf([row]: (HTMLElement | SVGElement)[]): number | undefined {
  return row instanceof HTMLElement ? row.offsetTop + row.offsetHeight : undefined;
}
