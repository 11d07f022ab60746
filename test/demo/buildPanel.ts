import type { FrameLocator, Locator } from "playwright-core";
import type { BuildState } from "../../src/core/build/snapshot.ts";
import type { Waiting } from "../workbench/waiting.ts";

/** What a platform's card says. */
export interface PanelCard {
  readonly platform: string;
  /** `native`, `emulated`, or empty. */
  readonly chip: string;
  /** Cluster node and pod. */
  readonly where: string;
  readonly time: string;
  /** State, or how far it is behind. */
  readonly standing: string;
}

/** What a line of the table says; one cell per platform. */
export interface PanelStep {
  /** Of the Dockerfile; empty where it is not known. */
  readonly line: string;
  /** Instruction and text. */
  readonly source: string;
  readonly cells: readonly string[];
  readonly difference: string;
}

/** What the box of a failed build says. */
export interface PanelFailure {
  /** What failed, the exit code, and the place in the Dockerfile. */
  readonly head: string;
  /** The end of the step's log. */
  readonly tail: string;
}

/** The build panel on show, as its user reads and works it. */
export class BuildPanel {
  readonly frame: FrameLocator;
  readonly #waiting: Waiting;

  constructor(frame: FrameLocator, waiting: Waiting) {
    this.frame = frame;
    this.#waiting = waiting;
  }

  /** Resolves when the build is in one of these states, and the panel says so. */
  async reached(...states: readonly BuildState[]): Promise<void> {
    const heads = states.map((state) => `.head-${state}`).join(", ");
    await this.#waiting.step(`the build is ${states.join(" or ")}`, () => this.frame.locator(heads).waitFor());
  }

  /** The verdict with its time: `Built 12.3 s`. */
  verdict(): Promise<string> {
    return this.#waiting.part("the verdict", this.frame.locator("header h1")).text();
  }

  /** The line below: Dockerfile, output, builder, cluster, steps. */
  about(): Promise<string> {
    return this.#waiting.part("the line below the verdict", this.frame.locator("header .about")).text();
  }

  cards(): Promise<readonly PanelCard[]> {
    return this.#waiting.step("read the cards", async () => {
      await this.frame.locator(".card").first().waitFor();
      return this.frame.locator(".card").evaluateAll(readCards);
    });
  }

  /** The lines of the table that are drawn: those in sight and some more. */
  steps(): Promise<readonly PanelStep[]> {
    return this.#waiting.step("read the table", async () => {
      await this.frame.locator(".line.step").first().waitFor();
      return this.frame.locator(".line.step").evaluateAll(readSteps);
    });
  }

  /** The line of a step by a part of its text. */
  step(source: string): Locator {
    return this.frame.locator(".line.step", { hasText: source }).first();
  }

  /** The cell of a step on the nth platform; its state is a class of the part that shows it. */
  cell(source: string, lane: number): Locator {
    return this.step(source).locator(".lane-cell").nth(lane);
  }

  failure(): Promise<PanelFailure> {
    return this.#waiting.step("read the failure", async () => {
      const box = this.frame.locator(".failure");
      await box.waitFor();
      return {
        head: (await box.locator(".failure-what").innerText()).replaceAll(/\s+/g, " "),
        tail: (await box.locator(".failure-tail").allInnerTexts()).join("\n"),
      };
    });
  }

  /** Chooses from the menu «More actions», which has everything at any width. */
  async choose(action: string): Promise<void> {
    await this.press("More actions");
    const item = this.frame.getByRole("menuitem", { name: action, exact: true });
    await this.#waiting.part(`«${action}» of the panel's menu`, item).click();
  }

  press(button: string): Promise<void> {
    const named = this.frame.getByRole("button", { name: button, exact: true });
    return this.#waiting.part(`button «${button}» of the panel`, named).click();
  }
}

const readCards = (cards: Element[]): PanelCard[] =>
  cards.map((card) => {
    const text = (selector: string) => card.querySelector(selector)?.textContent?.trim() ?? "";
    return {
      platform: card.getAttribute("aria-label") ?? "",
      chip: text(".chip"),
      where: text(".where"),
      time: text(".big"),
      standing: text(".standing"),
    };
  });

const readSteps = (lines: Element[]): PanelStep[] =>
  lines.map((line) => {
    const text = (selector: string) => line.querySelector(selector)?.textContent?.trim() ?? "";
    return {
      line: text(".line-number"),
      source: text(".source"),
      cells: [...line.querySelectorAll(".lane-cell .value")].map((value) => value.textContent?.trim() ?? ""),
      difference: text(".difference"),
    };
  });
