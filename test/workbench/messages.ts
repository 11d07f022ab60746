import type { Locator, Page } from "playwright-core";
import { Part, type Waiting } from "./waiting.ts";

/** Notifications and modal dialogs. */
export class Messages {
  readonly #page: Page;
  readonly #waiting: Waiting;
  readonly #toasts: Locator;
  readonly #dialog: Locator;

  constructor(page: Page, waiting: Waiting) {
    this.#page = page;
    this.#waiting = waiting;
    this.#toasts = page.locator(".notifications-toasts .notification-list-item");
    this.#dialog = page.locator(".monaco-dialog-box");
  }

  /** The texts of the notifications on show, newest first. */
  async texts(): Promise<readonly string[]> {
    return this.#toasts.locator(".notification-list-item-message").allInnerTexts();
  }

  /** A notification by a part of its text. */
  notification(text: string): Notification {
    return new Notification(this.#waiting, text, this.#toasts.filter({ hasText: text }).first());
  }

  /** What the modal dialog says, detail included. */
  dialogText(): Promise<string> {
    return this.#waiting.part("the dialog", this.#dialog.locator(".dialog-message-container")).text();
  }

  /** Answers the modal dialog and waits until it has gone. */
  async dialogButton(text: string): Promise<void> {
    const button = this.#dialog.locator(".dialog-buttons .monaco-button").getByText(text, { exact: true });
    const own = this.#dialog.filter({
      has: this.#page.locator(".dialog-buttons .monaco-button").getByText(text, { exact: true }),
    });
    await this.#waiting.part(`button «${text}» of the dialog`, button).click();
    await this.#waiting.part("the dialog", own).gone();
  }
}

/** A notification that is, or will be, on show. */
export class Notification extends Part {
  readonly #waiting: Waiting;
  readonly #name: string;

  constructor(waiting: Waiting, text: string, locator: Locator) {
    const name = `notification «${text}»`;
    super(waiting, name, locator);
    this.#waiting = waiting;
    this.#name = name;
  }

  /** Presses one of its buttons. */
  async button(title: string): Promise<void> {
    const button = this.locator.locator(".monaco-button").getByText(title, { exact: true });
    await this.#waiting.part(`button «${title}» of ${this.#name}`, button).click();
  }

  /** Closes it without an answer. */
  async dismiss(): Promise<void> {
    await this.#waiting.step(`dismiss ${this.#name}`, async () => {
      await this.locator.hover();
      await this.locator.locator('a.action-label[aria-label^="Clear Notification"]').click();
    });
    await this.gone();
  }
}
