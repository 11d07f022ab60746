import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser, type Viewport } from "../host/browser.ts";
import { findHost, type Host } from "../host/hosts.ts";
import { scratchDir } from "../host/owned.ts";
import { startServer, type Server, type Settings } from "../host/server.ts";
import { installVsix } from "../host/vsix.ts";
import { themeId, type Theme } from "./theme.ts";
import { Waiting } from "./waiting.ts";

export interface WorkbenchOptions {
  readonly folder: string;
  /** A packaged extension, installed as a user would. */
  readonly vsix?: string;
  /** The folder of a built extension, used where it is as if it were installed. */
  readonly extensionDevelopmentPath?: string;
  readonly settings?: Settings;
  /** Reaches the extension and the programs it starts. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Dark Modern unless told otherwise. */
  readonly theme?: Theme;
  /** 1280×800 unless told otherwise. */
  readonly viewport?: Viewport;
  /** Whether the folder starts untrusted. */
  readonly trust?: boolean;
  /** The newest VS Code unless told otherwise. */
  readonly host?: Host;
  /** The folder of pictures; `out/pictures` unless told otherwise. */
  readonly pictures?: string;
  /** How long a wait may last; 30 seconds unless told otherwise. */
  readonly timeoutMs?: number;
}

/** A running window and the way to end it. */
export interface StartedWorkbench {
  readonly page: Page;
  readonly server: Server;
  readonly waiting: Waiting;
  readonly settings: Settings;
  close(this: void): Promise<void>;
}

const defaultPictures = path.resolve(import.meta.dirname, "..", "..", "out", "pictures");

/** Starts a server and a browser, and opens the workbench. Resolves when extensions can be used. */
export async function startWorkbench(options: WorkbenchOptions): Promise<StartedWorkbench> {
  const { host = findHost(), theme = "Dark Modern", pictures = defaultPictures, timeoutMs = 30_000 } = options;
  const scratch = scratchDir("multiarch-window-");
  const ends: (() => Promise<void> | void)[] = [() => scratch.remove()];
  const close = async () => {
    for (let end = ends.pop(); end; end = ends.pop()) await end();
  };
  try {
    const dataDir = path.join(scratch.path, "data");
    if (options.vsix) await installVsix(host, dataDir, options.vsix);
    if (options.extensionDevelopmentPath) linkExtension(dataDir, options.extensionDevelopmentPath);
    const { env, trust, viewport, folder } = options;
    const settings = { "workbench.colorTheme": themeId(host, theme), ...options.settings };
    const server = await startServer({ host, dataDir, settings, env, trust });
    ends.push(() => server.stop());
    const browser = await launchBrowser({ viewport });
    ends.push(() => browser.close());
    const { page } = browser;
    const waiting = new Waiting(page, pictures, timeoutMs);
    await waiting.step(`open ${folder}`, async () => {
      await page.goto(server.url({ folder }), { timeout: startMs });
      await page.waitForFunction(areExtensionsKnown, undefined, { timeout: startMs });
    });
    return { page, server, waiting, settings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs in the page: VS Code sets this mark when commands, views and menus of all extensions are known. */
function areExtensionsKnown(): boolean {
  return performance.getEntriesByName("code/didLoadExtensions").length > 0;
}

/** A first start on a busy machine takes longer than any later wait. */
const startMs = 120_000;

/**
 * Makes VS Code find an extension among its installed ones. Its development mode is not for this: there
 * the web workbench shows no notifications, and says «Extension Development Host» in every picture.
 */
function linkExtension(dataDir: string, extension: string): void {
  const manifest = JSON.parse(readFileSync(path.join(extension, "package.json"), "utf8")) as {
    readonly publisher: string;
    readonly name: string;
    readonly version: string;
  };
  const extensions = path.join(dataDir, "extensions");
  mkdirSync(extensions, { recursive: true });
  const { publisher, name, version } = manifest;
  symlinkSync(path.resolve(extension), path.join(extensions, `${publisher}.${name}-${version}`), "dir");
}
