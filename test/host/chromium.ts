import { execa } from "execa";
import { existsSync } from "node:fs";
import path from "node:path";
import { showProgress } from "./progress.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/** What to do when there is no browser; ends every error about it. */
export const chromiumHelp =
  "Install Chromium (Debian and Ubuntu: apt-get install chromium) or set CHROMIUM_PATH to a Chromium or Chrome.";

/** The browser that shows the workbench: `CHROMIUM_PATH`, else the first one on the usual paths. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH, PATH = "" } = process.env;
  if (CHROMIUM_PATH) return existsSync(CHROMIUM_PATH) ? CHROMIUM_PATH : undefined;
  return [...PATH.split(path.delimiter), "/usr/bin"]
    .flatMap((dir) => names.map((name) => path.join(dir, name)))
    .find((file) => existsSync(file));
}

/** Makes sure there is a browser, installing Debian's where that is possible. */
export async function ensureChromium(): Promise<string> {
  const found = findChromium();
  if (found) return found;
  if (process.env["CHROMIUM_PATH"]) throw new Error(`CHROMIUM_PATH names no file. ${chromiumHelp}`);
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
    throw new Error(`No Chromium found. ${chromiumHelp}`);
  const progress = showProgress("Chromium");
  progress.at("apt-get install");
  let result = await installPackage();
  if (result.failed) {
    // The package lists may be missing (a fresh image) or name a version the mirror no longer has.
    progress.at("apt-get update");
    await apt(["update"]);
    progress.at("apt-get install");
    result = await installPackage();
  }
  const installed = findChromium();
  if (!installed) throw new Error(`apt-get could not install Chromium.\n${result.all.slice(-2000)}\n${chromiumHelp}`);
  progress.done("installed");
  return installed;
}

const installPackage = () => apt(["install", "-y", "--no-install-recommends", "chromium"]);

const apt = (args: readonly string[]) =>
  execa("apt-get", args, { reject: false, all: true, stdin: "ignore", env: { DEBIAN_FRONTEND: "noninteractive" } });
