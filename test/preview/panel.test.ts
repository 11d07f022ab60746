import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { launchBrowser, type BrowserPage } from "../host/browser.ts";
import type { FromWebview } from "../../src/protocol.ts";
import { scenarios } from "./scenarios.ts";
import { startPreview, type PreviewServer } from "./server.ts";

// npm run test:panel: the panel in a real browser, under the policy it has in VS Code.

let preview: PreviewServer;
let browser: BrowserPage;
let page: Page;
const complaints: string[] = [];

before(async () => {
  preview = await startPreview(0);
  browser = await launchBrowser();
  ({ page } = browser);
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
});
after(async () => {
  await browser.close();
  preview.close();
});
afterEach(() => assert.deepEqual(complaints.splice(0), [], "errors, warnings or violations of the policy"));

async function open(
  scenario: string,
  options: { readonly width?: number; readonly height?: number; readonly query?: string } = {},
): Promise<void> {
  await page.setViewportSize({ width: options.width ?? 1180, height: options.height ?? 900 });
  await page.goto(`${preview.origin}/?scenario=${scenario}&theme=dark${options.query ?? "&still&fresh"}`);
  await page.locator(".panel").waitFor();
}

async function askedFor<T extends FromWebview["type"]>(type: T): Promise<readonly Extract<FromWebview, { type: T }>[]> {
  const all = await page.evaluate(() => (window as unknown as { fromPanel: FromWebview[] }).fromPanel);
  return all.filter((message): message is Extract<FromWebview, { type: T }> => message.type === type);
}

async function expectFocus(name: string): Promise<void> {
  const focused = (): Promise<string | null | undefined> =>
    page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  // The focus follows with the next frame.
  for (let frame = 0; frame < 60 && (await focused()) !== name; frame += 1)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  assert.equal(await focused(), name);
}

describe("everything opens", () => {
  for (const scenario of Object.keys(scenarios))
    test(`${scenario}, wide and narrow, and nothing is wider than the panel`, async () => {
      for (const width of [1180, 480]) {
        await open(scenario, { width });
        const wide = await page.evaluate(() =>
          [...document.querySelectorAll(".panel > *, .card, .line, .log-bar, .find")]
            .filter((element) => element.scrollWidth > element.clientWidth + 1)
            .map((element) => element.className),
        );
        assert.deepEqual(wide, []);
      }
    });
});

describe("keyboard", () => {
  test("arrows move by cell, each cell says what it is, Enter opens its log", async () => {
    await open("running");
    await page.getByRole("gridcell", { name: "amd64, step 4 of 7, done" }).focus();
    await page.keyboard.press("ArrowDown");
    await expectFocus("amd64, step 5 of 7, done, 2.51 seconds");
    await page.keyboard.press("ArrowRight");
    await expectFocus("arm64, step 5 of 7, running, 11.8 seconds");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.classList.contains("log-lines"));
    assert.equal(await page.locator(".step.selected").getAttribute("data-key"), "row-9");
  });

  test("Home, End and the whole grid with Ctrl, in three thousand steps", async () => {
    await open("big");
    await page.locator(".scroller").evaluate((element) => (element.scrollTop = 0));
    await page.getByRole("gridcell", { name: "amd64, step 2 of 100" }).first().focus();
    await page.keyboard.press("Control+End");
    await page.waitForFunction(
      () => document.activeElement?.closest("[data-key]")?.getAttribute("data-key") === "row-2999",
    );
    const elements = await page.evaluate(() => document.querySelectorAll(".grid *").length);
    assert.ok(elements < 2_000, `${elements} elements for what is in sight`);
    await page.keyboard.press("Control+Home");
    await page.waitForFunction(() => document.activeElement?.textContent?.startsWith("stage-0"));
  });

  test("Enter on a step opens the Dockerfile at its line", async () => {
    await open("running");
    await page.getByRole("rowheader", { name: "line 11, RUN gcc" }).focus();
    await page.keyboard.press("Enter");
    assert.deepEqual(await askedFor("openDockerfile"), [{ type: "openDockerfile", line: 11 }]);
  });

  test("C goes to Cancel and cancels nothing by itself, and types a c in the search", async () => {
    await open("running");
    await page.getByRole("gridcell", { name: "amd64, step 4 of 7" }).first().focus();
    await page.keyboard.press("c");
    await page.waitForFunction(() => document.activeElement?.id === "cancel");
    assert.deepEqual(await askedFor("cancel"), []);
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.activeElement?.tagName === "INPUT");
    await page.keyboard.type("clf");
    assert.equal(await page.getByRole("textbox").inputValue(), "clf");
    await page.keyboard.press("Escape");
    await page.locator(".find").waitFor({ state: "detached" });
  });

  test("the digest of what was pushed is there to be copied", async () => {
    await open("pushed");
    await page.getByRole("button", { name: "@sha256:5a3478ea0c1b…" }).click();
    assert.equal((await askedFor("copyReference")).length, 1);
  });

  test("the menu opens, moves, chooses and gives the focus back", async () => {
    await open("done");
    await page.getByRole("button", { name: "More actions" }).focus();
    for (let item = 0; item < 4; item += 1) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal((await askedFor("copyTable")).length, 1);
    await expectFocus("More actions");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" });
  });

  test("Escape leaves the search for the cell it began at, and Ctrl+F opens it too", async () => {
    await open("running");
    await page.getByRole("gridcell", { name: "arm64, step 4 of 7" }).first().click();
    await page.keyboard.press("Control+f");
    await expectFocus("Find in log");
    await page.keyboard.type("x");
    await page.keyboard.press("Escape");
    await expectFocus("arm64, step 4 of 7, done, 1.45 seconds");
  });

  test("a set height of the log is told, for the panels to come", async () => {
    await open("running");
    await page.getByRole("separator").press("ArrowUp");
    assert.equal((await askedFor("logHeight")).length, 1);
  });

  test("arrow keys change the height of the log", async () => {
    await open("running");
    const splitter = page.getByRole("separator");
    const height = Number(await splitter.getAttribute("aria-valuenow"));
    await splitter.press("ArrowUp");
    assert.equal(Number(await splitter.getAttribute("aria-valuenow")), height + 24);
    assert.equal(await page.locator(".log").evaluate((log) => log.clientHeight), height + 24);
  });
});

describe("a running build", () => {
  test("an update draws only the rows it is about", async () => {
    await open("running", { query: "&fresh" });
    const drawn = await page.evaluate(async () => {
      const rows = new Set<string | undefined>();
      const seen = Promise.withResolvers<void>();
      let drawings = 0;
      const observer = new MutationObserver((records) => {
        for (const { target } of records) {
          const element = target instanceof Element ? target : target.parentElement;
          rows.add(element?.closest<HTMLElement>("[data-key]")?.dataset["key"]);
        }
        if ((drawings += 1) === 10) seen.resolve();
      });
      const body = document.querySelector(".grid-body");
      if (body) observer.observe(body, { subtree: true, childList: true, characterData: true, attributes: true });
      await seen.promise;
      return [...rows];
    });
    assert.deepEqual(new Set(drawn), new Set(["row-9", "stage:row-5"]));
  });

  test("its timers and widths grow while nothing moves", async () => {
    await open("running", { query: "&fresh" });
    const places = (): Promise<readonly string[]> =>
      page.evaluate(() =>
        [...document.querySelectorAll(".line, .card, .value, .log-column")].map((element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          return `${element.className} ${x} ${y} ${width} ${height}`;
        }),
      );
    const elapsed = page.locator(".elapsed");
    const still = await places();
    const first = await elapsed.textContent();
    await page.waitForFunction((text) => document.querySelector(".elapsed")?.textContent !== text, first);
    assert.deepEqual(await places(), still);
  });

  test("the log follows, stops when scrolled up, and goes on at the end", async () => {
    await open("flood", { query: "&fresh" });
    const lines = page.locator(".log-lines").first();
    await page.waitForFunction(() => (document.querySelector(".log-lines")?.scrollTop ?? 0) > 1_000);
    await lines.hover();
    await page.mouse.wheel(0, -400);
    const follow = page.getByRole("button", { name: "Follow" });
    await page.waitForFunction(() => document.querySelector(".toggle[title^=Scroll]")?.ariaPressed === "false");
    // The browser scrolls after the event.
    await page.waitForFunction(() => {
      const e = document.querySelector(".log-lines");
      return e && e.scrollHeight - e.clientHeight - e.scrollTop > 100;
    });
    await follow.click();
    await page.waitForFunction(() => {
      const e = document.querySelector(".log-lines");
      return e && e.scrollHeight - e.clientHeight - e.scrollTop < 40;
    });
  });
});

describe("what the user has arranged", () => {
  test("survives a reload of the page", async () => {
    await open("done");
    await page.getByRole("gridcell", { name: "arm64, step 4 of 5" }).click();
    await page.getByRole("button", { name: "arm64", exact: true }).click();
    await open("done", { query: "&still" });
    assert.equal(await page.locator(".step.selected").getAttribute("data-key"), "row-3");
    assert.equal(await page.locator(".log-column").count(), 1);
  });

  test("the log of a step is asked for when it is picked, and only that", async () => {
    await open("done");
    await page.getByRole("gridcell", { name: "arm64, step 5 of 5" }).click();
    await page.getByText("warning:").first().waitFor();
    assert.deepEqual((await askedFor("watchLogs")).at(-1)?.stepIds, ["step-4-0", "step-4-1"]);
  });

  test("a click on the log's title shows the step in the table", async () => {
    await open("big");
    await page.locator(".log-title button").click();
    await page.waitForFunction(() => document.activeElement?.closest(".step.selected") !== null);
  });
});

async function nextFrames(): Promise<void> {
  for (let frame = 0; frame < 3; frame += 1)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
}

const isInSight = (selector: string): Promise<boolean> =>
  page
    .locator(selector)
    .first()
    .evaluate((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      const scroller = document.querySelector(".scroller")?.getBoundingClientRect();
      return scroller !== undefined && top >= scroller.top && bottom <= scroller.bottom;
    });

test("the step at work is in sight, until the user scrolls", async () => {
  await open("big", { query: "&fresh" });
  await page.waitForFunction(() => (document.querySelector(".scroller")?.scrollTop ?? 0) > 1_000);
  assert.ok(await isInSight(".step.selected"));
  const first = await page.locator(".step.selected").getAttribute("data-key");
  await page.waitForFunction(
    (key) => document.querySelector(".step.selected")?.getAttribute("data-key") !== key,
    first,
  );
  await page.waitForFunction(() => document.querySelector(".step.selected") !== null);
  assert.ok(await isInSight(".step.selected"));
  await page.locator(".grid").hover();
  await page.mouse.wheel(0, -30_000);
  await page.waitForFunction(() => document.querySelector(".scroller")?.scrollTop === 0);
  const title = await page.locator(".log-title").textContent();
  await page.waitForFunction((text) => document.querySelector(".log-title")?.textContent !== text, title);
  assert.equal(await page.locator(".scroller").evaluate((element) => element.scrollTop), 0);
});

test("the results are in sight when a build has ended well", async () => {
  await open("big-ending", { query: "&fresh" });
  await page.waitForFunction(() => (document.querySelector(".scroller")?.scrollTop ?? 0) > 1_000);
  await page.waitForFunction(() => document.querySelector(".scroller")?.scrollTop === 0);
  assert.ok(await isInSight(".card"));
});

test("a step that fails while it is followed stays in sight", async () => {
  await open("failing", { query: "&fresh", height: 420 });
  await page.locator(".step.selected").waitFor();
  await page.locator(".failure").waitFor();
  await page.waitForFunction(() => document.querySelector(".step.failed") !== null);
  await nextFrames();
  assert.ok(await isInSight(".step.failed"));
});

test("the table follows again when that is wished", async () => {
  await open("big", { query: "&fresh" });
  await page.waitForFunction(() => (document.querySelector(".scroller")?.scrollTop ?? 0) > 1_000);
  await page.locator(".grid").hover();
  await page.mouse.wheel(0, -30_000);
  await page.waitForFunction(() => document.querySelector(".scroller")?.scrollTop === 0);
  await page.getByRole("button", { name: "Follow" }).click();
  await page.getByRole("button", { name: "Follow" }).click();
  await page.waitForFunction(() => (document.querySelector(".scroller")?.scrollTop ?? 0) > 1_000);
});

test("a failed step is in sight, and Show log goes to its log", async () => {
  await open("failed", { width: 480 });
  assert.ok(await isInSight(".step.failed"));
  await page.getByRole("button", { name: "Show log" }).click();
  await page.waitForFunction(() => document.activeElement?.classList.contains("log-lines"));
});
