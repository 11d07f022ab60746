import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { labDown } from "../cluster/down.ts";
import { Progress } from "../cluster/progress.ts";
import { labStatus } from "../cluster/status.ts";
import { labUp } from "../cluster/up.ts";
import { placeFiles } from "../demo/project.ts";
import type { Stage } from "../demo/stage.ts";
import { installHosts } from "../host/install.ts";
import { findHost } from "../host/hosts.ts";
import type { Theme } from "../workbench/theme.ts";
import { Gate } from "./gate.ts";
import { openSession, type Session } from "./session.ts";

// `npm run screenshots`: pictures of explorer and panel in every state and theme, taken of a real build on the lab:
// all in out/screenshots, those of the README in media/screenshots.

const pictures = path.join(import.meta.dirname, "../../out/screenshots");
const readmePictures = path.join(import.meta.dirname, "../../media/screenshots");
const themes = [
  ["dark", "Dark Modern"],
  ["light", "Light Modern"],
  ["contrast", "Dark High Contrast"],
] as const satisfies readonly (readonly [name: string, theme: Theme])[];
const windowSize = { width: 1360, height: 940 };
const readme = [
  ["panel-running.png", "build-running.png"],
  ["panel-failed.png", "build-failed.png"],
  ["explorer-dark.png", "explorer.png"],
] as const;
/** Beside an editor on a small screen. */
const narrowPanel = 480;
/** So wide that the explorer's rows can be read to their ends. */
const wideSideBar = 560;

const progress = new Progress();
const wasUp = (await labStatus()).state === "up";
try {
  await installHosts([findHost()]);
  await labUp({ progress });
  await takeAll();
} finally {
  if (!wasUp) await labDown({ progress });
}

async function takeAll(): Promise<void> {
  rmSync(pictures, { recursive: true, force: true });
  const gate = await Gate.start();
  let session: Session | undefined;
  try {
    session = await openSession({ pictures });
    await takeBuilds(session, gate);
    await takeExplorer(session);
  } finally {
    gate.close();
    await session?.close();
  }
  mkdirSync(readmePictures, { recursive: true });
  for (const [from, to] of readme) cpSync(path.join(pictures, from), path.join(readmePictures, to));
}

/** A build while it runs, when it is done, and when it fails. */
async function takeBuilds(session: Session, gate: Gate): Promise<void> {
  const { extension, stage, window } = session;
  await window.resize(windowSize);
  await extension.openExplorer();
  await extension.createBuilder({ namespace: "buildkit", name: "multiarch" });
  await window.openFile("Dockerfile");
  placeFiles(stage, { Makefile: waitingMakefile(stage, gate) });
  await extension.build({ output: { kind: "folder", path: "out" } });
  const { panel } = extension;
  await gate.holds(1);
  const firstCard = panel.frame.locator(".card").first();
  await window.waiting.step("linux/amd64 is done", () => firstCard.getByText("done").waitFor());
  await inAllThemes(session, "editor-and-panel");
  await window.command("View: Close All Editors");
  await window.statusBarItem("Building").click();
  await panel.reached("running");
  await inAllThemes(session, "build-running");
  await takePanel(session, "running");
  gate.open();
  await panel.reached("done");
  await inAllThemes(session, "build-done");
  await panel.frame.getByRole("tab", { name: "Timeline" }).click();
  await inAllThemes(session, "timeline");

  placeFiles(stage, { "checksum/checksum.c": brokenSource(stage) });
  await panel.press("Build Again");
  await panel.reached("failed");
  await window.command("View: Close Other Editors in Group");
  await inAllThemes(session, "build-failed");
  await takePanel(session, "failed");
}

async function takeExplorer(session: Session): Promise<void> {
  const { page } = session.window;
  const sideBar = page.locator(".part.sidebar");
  const { x = 0, y = 0, width = 0, height = 0 } = (await sideBar.boundingBox()) ?? {};
  const edge = { x: x + width, y: y + height / 2 };
  await page.mouse.move(edge.x, edge.y);
  await page.mouse.down();
  await page.mouse.move(x + wideSideBar, edge.y, { steps: 10 });
  await page.mouse.up();
  await page.mouse.move(0, 0);
  for (const [name, theme] of themes) {
    await session.window.setTheme(theme);
    const clip = { x, y, width: wideSideBar, height: 420 };
    await page.screenshot({ path: path.join(pictures, `explorer-${name}.png`), clip });
  }
}

async function inAllThemes({ window }: Session, name: string): Promise<void> {
  // The mouse would leave a hover in the picture.
  await window.page.mouse.move(0, 0);
  for (const [suffix, theme] of themes) {
    await window.setTheme(theme);
    await window.screenshot(`${name}-${suffix}`);
  }
  await window.setTheme("Dark Modern");
}

/** The panel alone: as it is, for the README, and as wide as beside an editor. */
async function takePanel({ window }: Session, name: string): Promise<void> {
  const frame = window.page.locator("iframe.webview.ready").filter({ visible: true }).first();
  await frame.screenshot({ path: path.join(pictures, `panel-${name}.png`) });
  const { width = 0 } = (await frame.boundingBox()) ?? {};
  await window.resize({ ...windowSize, width: Math.round(windowSize.width - width + narrowPanel) });
  await frame.screenshot({ path: path.join(pictures, `panel-${name}-${narrowPanel}.png`) });
  await window.resize(windowSize);
}

/** As the sample's, but on arm64 its check ends only when the gate is opened. */
function waitingMakefile(stage: Stage, { address, port }: Gate): string {
  const wait = `exec 3<>/dev/tcp/${address}/${port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3 >/dev/null`;
  const makefile = readFileSync(path.join(stage.project, "Makefile"), "utf8");
  // By a function: `$$` in a replacement text would become `$`.
  return makefile.replace("\t./app\n", (run) => `${run}\t@[ $$(uname -m) = x86_64 ] || { ${wait}; }\n`);
}

/** What compiles on one architecture only. */
function brokenSource(stage: Stage): string {
  return `#include <immintrin.h>\n${readFileSync(path.join(stage.project, "checksum", "checksum.c"), "utf8")}`;
}
