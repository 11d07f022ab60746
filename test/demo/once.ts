import { rmSync } from "node:fs";
import path from "node:path";
import type { Progress } from "../cluster/progress.ts";
import type { StageCluster } from "./cluster.ts";
import { openWindow } from "./editor.ts";
import { architectureOfProgram } from "./elf.ts";
import { ExtensionUi } from "./extensionUi.ts";
import type { Stage } from "./stage.ts";

const pictures = path.join(import.meta.dirname, "../../out/demo");
const platforms = ["linux/amd64", "linux/arm64"] as const;

/**
 * The whole job in the real UI: a builder, a build for two platforms, its times, its files.
 *
 * @throws {Error} unless each platform was built, on its own node, and its program is of its architecture
 */
export async function runOnce(stage: Stage, cluster: StageCluster, progress: Progress): Promise<void> {
  rmSync(pictures, { recursive: true, force: true });
  const window = await openWindow(stage, cluster, {
    pictures,
    viewport: { width: 1440, height: 900 },
    timeoutMs: 300_000, // a cluster of the user's own may have to pull images from far away
  });
  try {
    await perform(new ExtensionUi(window), progress);
  } finally {
    await window.close();
  }
  for (const platform of platforms) checkProgram(stage, platform);
  progress.note("the programs of both platforms are of their architecture; the pictures are in out/demo");
}

async function perform(extension: ExtensionUi, progress: Progress): Promise<void> {
  const { window } = extension;
  progress.note("VS Code is open");
  await extension.openExplorer();
  await extension.createBuilder({ namespace: `multi-arch-demo-${process.pid}`, name: "demo" });
  progress.note("the builder is ready, one BuildKit pod per architecture");
  await window.screenshot("1 builder");
  await window.openFile("Dockerfile");
  await extension.build({ output: { kind: "folder", path: "out" } });
  const { panel } = extension;
  await panel.reached("running");
  await panel.steps();
  await window.screenshot("2 running");
  await panel.reached("done", "failed", "canceled");
  const verdict = await panel.verdict();
  progress.note(verdict);
  await window.screenshot("3 ended");
  console.log(`\n${await copyTable(extension)}`);
  if (!verdict.startsWith("Built")) throw new Error(`The build has not succeeded: ${(await panel.failure()).head}`);
  for (const { platform, chip, where } of await panel.cards()) {
    progress.note(`${platform}: ${where}`);
    if (chip !== "native") throw new Error(`${platform} was not built by a node of its own architecture.`);
  }
}

/** What «Copy Table» puts on the clipboard. */
async function copyTable({ window, panel }: ExtensionUi): Promise<string> {
  const { page } = window;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await panel.choose("Copy Table");
  return window.waiting.step("the table is on the clipboard", () => page.evaluate(readClipboard));
}

/** Runs in the page: nothing tells it when the clipboard has changed. */
async function readClipboard(): Promise<string> {
  const endMs = performance.now() + 10_000;
  while (performance.now() < endMs) {
    const text = await navigator.clipboard.readText();
    if (text !== "") return text;
    await new Promise(requestAnimationFrame);
  }
  throw new Error("The clipboard is empty.");
}

function checkProgram(stage: Stage, platform: string): void {
  const file = path.join(stage.project, "out", platform.replace("/", "_"), "app");
  const architecture = architectureOfProgram(file);
  if (`linux/${architecture}` !== platform) throw new Error(`${file} is a program for ${architecture}.`);
}
