import type { Locator, Page } from "playwright-core";
import { VirtualList, type ListRow } from "./virtualList.ts";
import type { Waiting } from "./waiting.ts";

/** An item of a quick pick. */
export interface PickItem extends ListRow {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  /** Whether its box is ticked, where items have boxes. */
  readonly checked: boolean;
}

/** Quick picks and input boxes. A step of several begins with `waitFor` its title, or the step before is meant. */
export class QuickPick {
  readonly #page: Page;
  readonly #waiting: Waiting;
  readonly #widget: Locator;
  readonly #input: Locator;
  readonly #list: VirtualList<PickItem>;

  constructor(page: Page, waiting: Waiting) {
    this.#page = page;
    this.#waiting = waiting;
    this.#widget = page.locator(".quick-input-widget");
    this.#input = this.#widget.locator(".quick-input-box input");
    this.#list = new VirtualList(this.#widget.locator(".quick-input-list .monaco-list"), readItems);
  }

  /** Waits until a pick or box is open whose title, or placeholder, contains the text. */
  waitFor(title: string): Promise<void> {
    const byTitle = this.#widget.locator(".quick-input-title", { hasText: title });
    const byPlaceholder = this.#widget.locator(`input[placeholder*="${title}"]`);
    return this.#waiting.step(`quick input «${title}»`, () => byTitle.or(byPlaceholder).first().waitFor());
  }

  /** All items that are not filtered away, when there are any. */
  items(): Promise<readonly PickItem[]> {
    return this.#waiting.until(
      "items of the quick pick",
      () => this.#list.rows(),
      (items) => items.length > 0,
    );
  }

  /** Takes one item of a single pick. */
  async choose(label: string): Promise<void> {
    const element = await this.#reveal(label);
    await this.#waiting.step(`choose «${label}»`, () => element.locator(".label-name").first().click());
  }

  /** Ticks the box of an item, or unticks it. */
  async toggle(label: string, checked = true): Promise<void> {
    const element = await this.#reveal(label);
    const box = element.locator(".monaco-checkbox");
    await this.#waiting.step(`${checked ? "tick" : "untick"} «${label}»`, async () => {
      if ((await box.getAttribute("aria-checked")) === String(checked)) return;
      await box.click();
      await element.locator(`.monaco-checkbox[aria-checked="${checked}"]`).waitFor();
    });
  }

  /** Replaces the text of the box: an answer, or a filter. */
  type(text: string): Promise<void> {
    return this.#waiting.step(`type «${text}»`, () => this.#input.fill(text));
  }

  /** The text in the box. */
  value(): Promise<string> {
    return this.#waiting.step("read the box", () => this.#input.inputValue());
  }

  /** What is said below the box: a prompt, or why the text is refused. */
  message(containing = ""): Promise<string> {
    const message = this.#widget.locator(".quick-input-message", { hasText: containing });
    return this.#waiting.part(`message «${containing}»`, message).text();
  }

  /** Confirms the box, or the ticked items. */
  accept(): Promise<void> {
    return this.#waiting.step("accept the quick input", () => this.#input.press("Enter"));
  }

  /** Presses a button of the title bar, such as Back. */
  button(title: string): Promise<void> {
    const button = this.#widget.locator(`.quick-input-titlebar a.action-label[aria-label^="${title}"]`);
    return this.#waiting.part(`button «${title}» of the quick input`, button).click();
  }

  /** Closes it without an answer. */
  cancel(): Promise<void> {
    return this.#waiting.step("cancel the quick input", () => this.#input.press("Escape"));
  }

  /** Waits until none is open. */
  closed(): Promise<void> {
    return this.#waiting.part("quick input", this.#widget).gone();
  }

  /** Opens the palette with a text, and takes the row with this label. */
  async choosePaletteRow(text: string, label: string): Promise<void> {
    // By its label: while another quick input is closing, the box is still there but is not the palette's.
    const palette = this.#widget.locator(`input[aria-label="Type the name of a command to run."]`);
    await this.#waiting.step("open the command palette", async () => {
      await this.#page.keyboard.press("F1");
      await palette.waitFor();
    });
    await this.type(text);
    // What was typed brings the row into sight.
    await this.#waiting.step(`choose «${label}»`, () => this.#row(label).locator(".label-name").first().click());
    await this.#waiting.step(`the palette closes after «${label}»`, () => palette.waitFor({ state: "hidden" }));
  }

  /** An item that is in sight. By its label and not its number: the list is still being filtered. */
  #row(label: string): Locator {
    const name = this.#page.locator(".quick-input-list-row .label-name").getByText(label, { exact: true });
    return this.#widget.locator(".quick-input-list .monaco-list-row").filter({ has: name }).first();
  }

  async #reveal(label: string): Promise<Locator> {
    const find = (items: readonly PickItem[]) => items.find((item) => item.label === label);
    const items = await this.#waiting.until(
      `item «${label}»`,
      () => this.#list.rows(),
      (all) => find(all) !== undefined,
    );
    const item = find(items);
    if (item) await this.#waiting.step(`show item «${label}»`, () => this.#list.reveal(item));
    return this.#row(label);
  }
}

/** Runs in the page. */
function readItems(rows: Element[]): PickItem[] {
  return rows.map((row) => ({
    index: Number(row.getAttribute("data-index")),
    label: row.querySelector(".quick-input-list-row .label-name")?.textContent ?? "",
    description: row.querySelector(".quick-input-list-row .label-description")?.textContent ?? "",
    detail: row.querySelector(".quick-input-list-label-meta .label-name")?.textContent ?? "",
    checked: row.getAttribute("aria-checked") === "true",
  }));
}
