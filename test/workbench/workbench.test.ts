// The page objects against an extension that shows one of everything: `npm run test:workbench`.
// VSCODE_HOST=floor takes the oldest VS Code instead of the newest.
import assert from "node:assert/strict";
import { existsSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { findHost } from "../host/hosts.ts";
import { scratchDir } from "../host/owned.ts";
import { Waiting } from "./waiting.ts";
import { Workbench } from "./workbench.ts";

const host = findHost(process.env["VSCODE_HOST"]);
const scratch = scratchDir("multiarch-probe-");
const extension = path.join(scratch.path, "extension");
const folder = path.join(scratch.path, "folder");
const pictures = path.resolve(import.meta.dirname, "..", "..", "out", "pictures", "workbench");

before(async () => {
  const probe = path.join(import.meta.dirname, "probe");
  mkdirSync(path.join(folder, "sub"), { recursive: true });
  writeFileSync(path.join(folder, "Dockerfile"), "FROM alpine\nRUN true\nFROM scratch\n");
  writeFileSync(path.join(folder, "sub", "notes.txt"), "notes\n");
  cpSync(path.join(probe, "package.json"), path.join(extension, "package.json"));
  await build({
    entryPoints: [path.join(probe, "extension.ts")],
    outfile: path.join(extension, "extension.js"),
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["vscode"],
  });
});

after(() => scratch.remove());

describe("a workbench", { timeout: 300_000 }, () => {
  let window: Workbench;

  before(async () => {
    window = await Workbench.open({
      host,
      folder,
      pictures,
      extensionDevelopmentPath: extension,
      env: { PROBE: "from the test" },
    });
  });

  after(() => window.close());

  test("runs a command and answers a single pick", async () => {
    await window.command("Probe: Pick One");
    await window.quickPick.waitFor("Which Colour");
    const items = await window.quickPick.items();
    assert.deepEqual(
      items.map(({ label, description, detail }) => [label, description, detail]),
      ["red", "green", "blue"].map((label) => [label, "a colour", `${label}!`]),
    );
    await window.quickPick.choose("green");
    await window.statusBarItem("picked green").shown();
  });

  test("ticks boxes of a multi-pick", async () => {
    await window.command("Probe: Pick Many");
    await window.quickPick.waitFor("Which Numbers");
    await window.quickPick.toggle("one", false);
    await window.quickPick.toggle("two");
    await window.quickPick.toggle("three");
    assert.deepEqual(
      (await window.quickPick.items()).map(({ checked }) => checked),
      [false, true, true],
    );
    await window.quickPick.accept();
    await window.statusBarItem("picked two+three").shown();
  });

  test("finds an item far down a long pick", async () => {
    await window.command("Probe: Pick From Many");
    await window.quickPick.waitFor("Which Of Many");
    assert.equal((await window.quickPick.items()).length, 100);
    await window.quickPick.choose("number 90");
    await window.statusBarItem("picked number 90").shown();
  });

  test("answers two input boxes, one after a refusal", async () => {
    await window.command("Probe: Ask Two Things");
    await window.quickPick.waitFor("Name");
    assert.equal(await window.quickPick.value(), "first");
    await window.quickPick.type("no good");
    assert.match(await window.quickPick.message("No spaces"), /No spaces, please/);
    await window.quickPick.type("good");
    await window.quickPick.accept();
    await window.quickPick.waitFor("Place");
    await window.quickPick.type("home");
    await window.quickPick.accept();
    await window.statusBarItem("asked good at home").shown();
    await window.quickPick.closed();
  });

  test("cancels an input box", async () => {
    await window.command("Probe: Pick One");
    await window.quickPick.waitFor("Which Colour");
    await window.quickPick.cancel();
    await window.quickPick.closed();
    assert.equal(await window.statusBarItem("picked").text(), "picked undefined");
  });

  test("reads a tree, also its rows out of sight", async () => {
    await window.openView("Probe Box");
    await window.openView("Probe Box");
    const { description, level, expanded } = await window.tree("Things").row("beta");
    assert.deepEqual([description, level, expanded], ["group beta", 1, false]);
    await window.expand("beta", "Things");
    await window.expand(["beta", "item 0"]);
    const rows = await window.treeRows("Things");
    assert.equal(rows.length, 3 + 40 + 1);
    assert.deepEqual(
      rows.slice(1, 4).map((row) => [row.label, row.level, row.expanded]),
      [
        ["beta", 1, true],
        ["item 0", 2, true],
        ["leaf", 3, undefined],
      ],
    );
    assert.equal(rows.at(-1)?.label, "gamma");
    assert.deepEqual(
      (await window.treeRows("Others")).map(({ label }) => label),
      ["other"],
    );
  });

  test("runs inline and context menu actions of near and far rows", async () => {
    await window.treeAction("alpha", "Polish");
    await window.statusBarItem("polished alpha").shown();
    await window.treeAction("item 39", "Polish");
    await window.statusBarItem("polished item 39").shown();
    await window.treeAction(["beta", "item 38"], "Rename Thing");
    await window.statusBarItem("renamed item 38").shown();
    await window.collapse("beta");
    assert.equal((await window.treeRows()).length, 3);
  });

  test("waits for a row that comes later, by a button of the view", async () => {
    await window.tree("Empty").until("no row", (rows) => rows.length === 0);
    assert.match(await window.welcome("Nothing here").text(), /Nothing here yet/);
    await window.viewAction("Grow");
    await window.tree().row("delta");
  });

  test("opens files, sees code lenses and problems", async () => {
    await window.openFile("sub/notes.txt");
    await window.openFile("Dockerfile");
    await window.codeLens("Lens 0").click();
    await window.statusBarItem("lens clicked").shown();
    assert.match(await window.codeLens("Lens 2").text(), /Lens 2/);
    assert.deepEqual(await window.problems(), [
      { file: "Dockerfile", severity: "error", message: "This is wrong", source: "", line: 1, column: 1 },
      { file: "Dockerfile", severity: "warning", message: "This is odd", source: "probe", line: 2, column: 1 },
    ]);
    await window.command("View: Toggle Panel Visibility");
  });

  test("answers a notification by its button, and dismisses one", async () => {
    await window.command("Probe: Notify");
    await window.notification("Something happened").shown();
    assert.deepEqual(await window.notifications(), ["Something happened"]);
    await window.notification("Something happened").button("Fix");
    await window.statusBarItem("answered Fix").click();
    await window.notification("Something happened").dismiss();
    await window.statusBarItem("answered undefined").shown();
  });

  test("answers a dialog", async () => {
    await window.command("Probe: Confirm");
    assert.match(await window.dialogText(), /Remove it\? There is no way back\./);
    await window.dialogButton("Remove");
    await window.statusBarItem("confirmed Remove").shown();
  });

  test("looks into a webview, and works on while it has the focus", async () => {
    await window.command("Probe: Open Panel");
    assert.equal(await window.webview().locator("h1").innerText(), "Inside");
    await window.webview().locator("button").click();
    await window.statusBarItem("pressed").shown();
    await window.command("Probe: Environment");
    await window.statusBarItem("from the test").shown();
  });

  test("changes theme and size, and takes pictures", async () => {
    const themes = ["Light Modern", "Dark High Contrast", "Light High Contrast", "Dark Modern"] as const;
    for (const theme of themes) await window.setTheme(theme);
    await window.resize({ width: 1000, height: 700 });
    const picture = await window.screenshot("narrow window");
    // Width and height stand at a fixed place in a PNG.
    const header = readFileSync(picture).subarray(16, 24);
    assert.deepEqual([header.readUInt32BE(0), header.readUInt32BE(4)], [1000, 700]);
  });

  test("says what it waited for in vain, and leaves a picture", async () => {
    const waiting = new Waiting(window.page, pictures, 200);
    const wait = waiting.part("the moon", window.page.locator(".moon"));
    await assert.rejects(wait.click(), (error: Error) => {
      assert.match(error.message, /In vain: click the moon\. Picture: .*\.png/);
      assert.ok(existsSync(error.message.replace(/^.*Picture: /, "")));
      return true;
    });
  });
});

test("a workbench with trust starts restricted until it is told", { timeout: 300_000 }, async () => {
  const window = await Workbench.open({
    host,
    folder,
    pictures,
    trust: true,
    theme: "Light Modern",
    viewport: { width: 900, height: 600 },
  });
  try {
    await window.statusBarItem("Restricted Mode").shown();
    await window.trustFolder();
  } finally {
    await window.close();
  }
});
