import path from "node:path";
import type { FrameLocator, Page } from "playwright-core";
import type { Viewport } from "../host/browser.ts";
import type { Server, Settings } from "../host/server.ts";
import { Messages, type Notification } from "./messages.ts";
import { startWorkbench, type StartedWorkbench, type WorkbenchOptions } from "./open.ts";
import { readProblems, type Problem } from "./problems.ts";
import { QuickPick } from "./quickPick.ts";
import { themeClass, themeId, type Theme } from "./theme.ts";
import { Tree, type TreePath, type TreeRow } from "./tree.ts";
import type { Part, Waiting } from "./waiting.ts";

/** A VS Code window as its user sees it. Every method waits for what it needs; none tries twice. */
export class Workbench {
  readonly page: Page;
  readonly server: Server;
  readonly quickPick: QuickPick;
  /** For conditions of a test's own. */
  readonly waiting: Waiting;
  readonly #messages: Messages;
  readonly #close: () => Promise<void>;
  #settings: Settings;

  /** Opens a folder in a VS Code of its own, with one extension at most. */
  static async open(options: WorkbenchOptions): Promise<Workbench> {
    return new Workbench(await startWorkbench(options));
  }

  private constructor(started: StartedWorkbench) {
    this.page = started.page;
    this.server = started.server;
    this.waiting = started.waiting;
    this.#close = started.close;
    this.#settings = started.settings;
    this.quickPick = new QuickPick(this.page, this.waiting);
    this.#messages = new Messages(this.page, this.waiting);
  }

  /** Runs a command by its title in the palette, category included: «Docker: Build». */
  command(title: string): Promise<void> {
    return this.quickPick.choosePaletteRow(`>${title}`, title);
  }

  /** Opens a file of the folder by its name or relative path. */
  async openFile(name: string): Promise<void> {
    const label = path.basename(name);
    await this.quickPick.choosePaletteRow(name, label);
    await this.waiting.part(`tab ${label}`, this.page.locator(`.tab.active[data-resource-name="${label}"]`)).shown();
  }

  /** Shows a container of the activity bar by its title. */
  async openView(title: string): Promise<void> {
    await this.waiting.step(`open view «${title}»`, async () => {
      const icon = this.page.locator(`a.action-label[aria-label^="${title}"]`);
      const item = this.page.locator(".activitybar .composite-bar .action-item").filter({ has: icon });
      await item.waitFor();
      // A click on the icon of the container on show would hide it.
      const shown = item.and(this.page.locator(".checked"));
      if ((await shown.count()) === 0) await item.click();
      await this.page.locator(".part.sidebar .title-label", { hasText: title }).waitFor();
    });
  }

  /** The tree of a view in the side bar, by the view's title; its first tree without one. */
  tree(view?: string): Tree {
    return new Tree(this.page, this.waiting, view);
  }

  treeRows(view?: string): Promise<readonly TreeRow[]> {
    return this.tree(view).rows();
  }

  expand(row: TreePath, view?: string): Promise<void> {
    return this.tree(view).setExpanded(row, true);
  }

  collapse(row: TreePath, view?: string): Promise<void> {
    return this.tree(view).setExpanded(row, false);
  }

  treeAction(row: TreePath, actionTitle: string, view?: string): Promise<void> {
    return this.tree(view).action(row, actionTitle);
  }

  /** What a view without rows shows instead, with its buttons and links. */
  welcome(text = ""): Part {
    const welcome = this.page
      .locator(".part.sidebar .welcome-view-content", { hasText: text })
      .filter({ visible: true });
    return this.waiting.part(`welcome «${text}»`, welcome.first());
  }

  /** What a view says above its rows, by a part of its text. */
  viewMessage(text: string): Part {
    const shown = this.page.locator(".part.sidebar .tree-explorer-viewlet-tree-view > .message", { hasText: text });
    return this.waiting.part(`message «${text}» of a view`, shown.first());
  }

  /** Presses a button in the title of a view of the side bar. */
  async viewAction(title: string): Promise<void> {
    await this.waiting.step(`«${title}» of a view`, async () => {
      const header = this.page.locator(".part.sidebar .pane-header, .part.sidebar .composite.title");
      const button = this.page.locator(`a.action-label[aria-label^="${title}"]`);
      const own = header.filter({ has: button }).first();
      await own.hover();
      await own.locator(button).click();
    });
  }

  /** A CodeLens in sight, by a part of its text. */
  codeLens(text: string): Part {
    return this.waiting.part(
      `code lens «${text}»`,
      this.page.locator(".codelens-decoration a", { hasText: text }).first(),
    );
  }

  /** Waits until an editor shows something behind a line that is no part of it. */
  async lineEnd(pattern: RegExp): Promise<void> {
    await this.waiting.step(`see ${pattern.source} behind a line`, () =>
      this.page.waitForFunction(
        (source) =>
          [...document.querySelectorAll(".monaco-editor .view-line span")].some((span) =>
            new RegExp(source).test(getComputedStyle(span, "::after").content),
          ),
        pattern.source,
      ),
    );
  }

  /** The texts of the notifications on show, newest first. */
  notifications(): Promise<readonly string[]> {
    return this.#messages.texts();
  }

  /** A notification by a part of its text. */
  notification(text: string): Notification {
    return this.#messages.notification(text);
  }

  /** What the modal dialog says, detail included. */
  dialogText(): Promise<string> {
    return this.#messages.dialogText();
  }

  /** Answers the modal dialog. */
  dialogButton(text: string): Promise<void> {
    return this.#messages.dialogButton(text);
  }

  /** An item of the status bar, by a part of its text. */
  statusBarItem(text: string): Part {
    const item = this.page.locator(".statusbar-item-label", { hasText: text }).first();
    return this.waiting.part(`status bar item «${text}»`, item);
  }

  /** The content of the webview on show. */
  webview(): FrameLocator {
    const frame = this.page.locator("iframe.webview.ready").filter({ visible: true }).first();
    return frame.contentFrame().frameLocator("#active-frame");
  }

  /** Trusts a folder that was opened untrusted. */
  async trustFolder(): Promise<void> {
    await this.statusBarItem("Restricted Mode").click();
    const button = this.page.locator(".workspace-trust-editor .monaco-button").getByText("Trust", { exact: true });
    await this.waiting.part("button «Trust»", button).click();
    await this.statusBarItem("Restricted Mode").gone();
  }

  /** Opens the Problems view and reads it. */
  async problems(): Promise<readonly Problem[]> {
    const view = this.page.locator(".markers-panel").filter({ visible: true });
    if ((await view.count()) === 0) await this.command("Problems: Focus on Problems View");
    await this.waiting.part("the Problems view", view).shown();
    return readProblems(this.page);
  }

  /** Saves a picture of the window and gives the file. */
  screenshot(name: string): Promise<string> {
    return this.waiting.picture(name);
  }

  /** Changes user settings and leaves the others as they are. */
  changeSettings(settings: Settings): void {
    this.#settings = { ...this.#settings, ...settings };
    this.server.writeSettings(this.#settings);
  }

  async setTheme(theme: Theme): Promise<void> {
    this.changeSettings({ "workbench.colorTheme": themeId(this.server.host, theme) });
    await this.waiting.part(`theme ${theme}`, this.page.locator(`.monaco-workbench.${themeClass(theme)}`)).shown();
  }

  /** Changes the size of the window. */
  async resize({ width, height }: Viewport): Promise<void> {
    await this.page.setViewportSize({ width, height });
    await this.waiting.step(`resize to ${width}×${height}`, () =>
      this.page.waitForFunction((wanted) => document.querySelector(".monaco-workbench")?.clientWidth === wanted, width),
    );
  }

  /** Ends all that `open` started. */
  close(): Promise<void> {
    return this.#close();
  }
}
