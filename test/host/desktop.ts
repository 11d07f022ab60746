import { downloadAndUnzipVSCode, SilentReporter } from "@vscode/test-electron";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { hostsDir } from "./hosts.ts";
import { showProgress } from "./progress.ts";

/** Where desktop VS Code comes from; also what `@vscode/test-electron` downloads from. */
const source = "https://update.code.visualstudio.com/api/releases/stable";

const downloads = () => path.join(hostsDir(), "desktop");

/** Why these versions of desktop VS Code cannot run on this machine, or undefined when they can. */
export async function findDesktopFault(versions: readonly string[]): Promise<string | undefined> {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === "linux" && !DISPLAY && !WAYLAND_DISPLAY) return "there is no display (try xvfb-run -a)";
  if (versions.every(isDownloaded)) return undefined;
  try {
    const answer = await fetch(source, { signal: AbortSignal.timeout(5000) });
    return answer.ok ? undefined : `the download site answers ${answer.status}`;
  } catch (error) {
    return `the download site cannot be reached (${describe(error)})`;
  }
}

/** Downloads one version of desktop VS Code, unless it is there, and gives its executable. */
export async function fetchDesktop(version: string): Promise<string> {
  const progress = showProgress(`Desktop VS Code ${version}`);
  const executable = await downloadAndUnzipVSCode({
    version,
    cachePath: downloads(),
    reporter: new SilentReporter(),
  });
  progress.done("ready");
  return executable;
}

/** Whether `@vscode/test-electron` has left a whole copy of a version. */
function isDownloaded(version: string): boolean {
  const folders = existsSync(downloads()) ? readdirSync(downloads()) : [];
  return folders.some(
    (name) => name.endsWith(`-${version}`) && existsSync(path.join(downloads(), name, "is-complete")),
  );
}

/** `fetch` only says that it failed; its cause says why. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
