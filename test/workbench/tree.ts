import type { Locator, Page } from "playwright-core";
import { VirtualList, type ListRow } from "./virtualList.ts";
import type { Waiting } from "./waiting.ts";

/** A row of a tree view. */
export interface TreeRow extends ListRow {
  readonly label: string;
  readonly description: string;
  /** 1 for the topmost rows. */
  readonly level: number;
  /** Undefined for a row that has no children. */
  readonly expanded: boolean | undefined;
}

/** A row by its label, or by the labels of its ancestors and its own where labels repeat. */
export type TreePath = string | readonly string[];

/** The tree of one view, by the view's title; the first tree in the side bar without one. */
export class Tree {
  readonly #page: Page;
  readonly #waiting: Waiting;
  readonly #list: VirtualList<TreeRow>;
  readonly #element: Locator;

  constructor(page: Page, waiting: Waiting, view?: string) {
    this.#page = page;
    this.#waiting = waiting;
    const named = view === undefined ? "" : `[aria-label="${view}"]`;
    this.#element = page.locator(`.part.sidebar .monaco-list[role="tree"]${named}`).filter({ visible: true }).first();
    this.#list = new VirtualList(this.#element, readTreeRows);
  }

  /** The rows there are now; none while the view shows no tree but its welcome. */
  rows(): Promise<readonly TreeRow[]> {
    return this.#waiting.step("read the tree", () => this.#read());
  }

  /** Resolves to a row when it is there. */
  async row(wanted: TreePath): Promise<TreeRow> {
    const rows = await this.until(`row ${show(wanted)}`, (all) => findRow(all, wanted) !== undefined);
    const row = findRow(rows, wanted);
    if (!row) throw new Error(`No row ${show(wanted)}`);
    return row;
  }

  /** Reads the rows until they are as wanted. */
  until(what: string, isWanted: (rows: readonly TreeRow[]) => boolean): Promise<readonly TreeRow[]> {
    return this.#waiting.until(what, () => this.#read(), isWanted);
  }

  /** Opens or closes a row that has children, and waits until they are there or gone. */
  async setExpanded(wanted: TreePath, expanded: boolean): Promise<void> {
    const row = await this.row(wanted);
    const verb = expanded ? "expand" : "collapse";
    if (row.expanded !== expanded) {
      await this.#waiting.step(`${verb} ${show(wanted)}`, async () => {
        const element = await this.#reveal(row, wanted);
        await element.locator(".monaco-tl-twistie").click();
      });
    }
    // A row looks open before it has got its children.
    await this.until(`children of ${show(wanted)} after ${verb}`, (rows) => {
      const found = findRow(rows, wanted);
      const next = found && rows[rows.indexOf(found) + 1];
      return found?.expanded === expanded && (next !== undefined && next.level > found.level) === expanded;
    });
  }

  /** Clicks a row, as one does to select it or to run its command. */
  async click(wanted: TreePath): Promise<void> {
    const row = await this.row(wanted);
    await this.#waiting.step(`click row ${show(wanted)}`, async () =>
      (await this.#reveal(row, wanted)).locator(".label-name").click(),
    );
  }

  /** Runs an action of a row: its inline button where it has one, else its context menu. */
  async action(wanted: TreePath, title: string): Promise<void> {
    const row = await this.row(wanted);
    await this.#waiting.step(`«${title}» of row ${show(wanted)}`, async () => {
      const element = await this.#reveal(row, wanted);
      await element.hover();
      const inline = element.locator(`.actions a.action-label[aria-label="${title}"]`);
      if ((await inline.count()) > 0) await inline.click();
      else await this.#chooseFromMenu(element, title);
    });
  }

  async #read(): Promise<readonly TreeRow[]> {
    return (await this.#element.count()) === 0 ? [] : this.#list.rows();
  }

  /** The element of a row. Found by its label where that is enough: a live tree moves rows while one looks. */
  async #reveal(row: TreeRow, wanted: TreePath): Promise<Locator> {
    const byIndex = await this.#list.reveal(row);
    const label = this.#page.locator(".label-name").getByText(row.label, { exact: true });
    const rows = typeof wanted === "string" ? this.#element.locator(".monaco-list-rows > .monaco-list-row") : byIndex;
    return rows.filter({ has: label }).first();
  }

  async #chooseFromMenu(element: Locator, title: string): Promise<void> {
    await element.click({ button: "right" });
    const item = this.#page.locator(".monaco-menu .action-item").filter({
      has: this.#page.locator(".action-label").getByText(title, { exact: true }),
    });
    // A menu ignores clicks shortly after it opened, but not the keyboard.
    await item.hover();
    await this.#page.locator(".monaco-menu .action-item.focused", { hasText: title }).waitFor();
    await this.#page.keyboard.press("Enter");
    await this.#page.locator(".monaco-menu").waitFor({ state: "hidden" });
  }
}

/** The first row whose label and ancestors' labels end in the path. */
function findRow(rows: readonly TreeRow[], wanted: TreePath): TreeRow | undefined {
  const labels = typeof wanted === "string" ? [wanted] : wanted;
  const ancestors: string[] = [];
  return rows.find((row) => {
    ancestors.splice(row.level - 1, Infinity, row.label);
    return labels.every((label, index) => ancestors.at(index - labels.length) === label);
  });
}

const show = (wanted: TreePath) => `«${typeof wanted === "string" ? wanted : wanted.join(" › ")}»`;

/** Runs in the page. */
function readTreeRows(rows: Element[]): TreeRow[] {
  return rows.map((row) => {
    const expanded = row.getAttribute("aria-expanded");
    return {
      index: Number(row.getAttribute("data-index")),
      label: row.querySelector(".label-name")?.textContent ?? "",
      description: row.querySelector(".label-description")?.textContent ?? "",
      level: Number(row.getAttribute("aria-level")),
      expanded: expanded === null ? undefined : expanded === "true",
    };
  });
}
