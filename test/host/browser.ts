import { chromium, type Browser, type Page } from "playwright-core";
import { chromiumHelp, findChromium } from "./chromium.ts";
import { atExit } from "./owned.ts";

export interface Viewport {
  readonly width: number;
  readonly height: number;
}

export interface BrowserOptions {
  readonly viewport?: Viewport;
}

/** One page in a browser of its own. */
export interface BrowserPage {
  readonly page: Page;
  close(): Promise<void>;
}

const flags = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a headless Chromium with an empty profile and one page. */
export async function launchBrowser({
  viewport = { width: 1280, height: 800 },
}: BrowserOptions = {}): Promise<BrowserPage> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(`No Chromium found. ${chromiumHelp}`);
  // Playwright kills the browser when the process exits; turning signals into exits is our part.
  const release = atExit(() => undefined);
  const close = async (browser: Browser | undefined) => {
    await browser?.close();
    release();
  };
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({
      executablePath,
      // Chromium refuses to run as root with its sandbox.
      args: process.getuid?.() === 0 ? [...flags, "--no-sandbox"] : flags,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    const page = await browser.newPage({ viewport: { ...viewport } });
    return { page, close: () => close(browser) };
  } catch (error) {
    await close(browser);
    throw error;
  }
}
