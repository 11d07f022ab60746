import type { Page } from "playwright-core";
import { scenarios } from "./scenarios.ts";

/** Something to look at: a scenario, and what the user has done in it. */
export interface Look {
  readonly scenario: string;
  readonly act?: (page: Page) => Promise<void>;
}

const openTimeline = (page: Page): Promise<void> => page.getByRole("tab", { name: "Timeline" }).click();

/** Every picture worth looking at, by name: all scenarios as they open, and some with the user's doing. */
export const looks: Readonly<Record<string, Look>> = {
  ...Object.fromEntries(Object.keys(scenarios).map((scenario) => [scenario, { scenario }])),
  timeline: { scenario: "running", act: openTimeline },
  "timeline-big": { scenario: "big", act: openTimeline },
  "timeline-failed": { scenario: "failed", act: openTimeline },
  menu: { scenario: "done", act: (page) => page.getByRole("button", { name: "More actions" }).click() },
  sort: { scenario: "done", act: (page) => page.getByRole("button", { name: /^Sort/ }).click() },
  sorted: {
    scenario: "done",
    act: async (page) => {
      await page.getByRole("button", { name: /^Sort/ }).click();
      await page.getByRole("menuitemradio", { name: /Longest/ }).click();
    },
  },
  shared: { scenario: "refused", act: (page) => page.getByRole("button", { name: /^Shared/ }).click() },
  "shared-long": { scenario: "pulling", act: (page) => page.getByRole("button", { name: /^Shared/ }).click() },
  find: {
    scenario: "flood",
    act: async (page) => {
      await page.getByRole("button", { name: "Find" }).click();
      await page.keyboard.type("file5399");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Enter");
    },
  },
  keyboard: {
    scenario: "running",
    act: async (page) => {
      await page.getByRole("gridcell", { name: "arm64, step 4 of 7" }).first().click();
      await page.keyboard.press("ArrowUp");
    },
  },
  "picker-six": {
    scenario: "six",
    act: async (page) => {
      const menu = page.getByRole("button", { name: "Platforms in the log" });
      if (await menu.isVisible()) await menu.click();
    },
  },
};
