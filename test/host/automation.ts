import path from "node:path";
import { format } from "node:util";
import type { Page } from "playwright-core";
import type { Server } from "./server.ts";

/** A module with `run(): Promise<void>`, and what surrounds it in the extension host. */
export interface TestModule {
  readonly file: string;
  readonly folder: string;
  readonly extensionDevelopmentPaths: readonly string[];
  readonly timeoutMs: number;
  /** Gets everything the workbench and the extension host log. */
  readonly onLog?: (line: string) => void;
}

/** How the extension host ended. Code 0 alone proves nothing: a crashed one has it too. */
export interface HostEnd {
  readonly code: number;
  /** Set when it did not end by itself. */
  readonly reason?: string;
  readonly logs: readonly HostLog[];
}

/** One log file of the workbench. */
export interface HostLog {
  readonly relativePath: string;
  readonly contents: string;
}

/** Runs a test module in the extension host of a server and resolves when the host has ended. */
export async function runTestModule(server: Server, page: Page, module: TestModule): Promise<HostEnd> {
  const { promise, resolve } = Promise.withResolvers<HostEnd>();
  const endFor = (code: number, reason: string) => resolve({ code, reason, logs: [] });
  // The workbench looks for these two functions on its window: they are how VS Code's own tests listen.
  await page.exposeFunction("codeAutomationLog", (type: string, args: unknown[]) =>
    module.onLog?.(`[${type}] ${format(...args)}`),
  );
  await page.exposeFunction("codeAutomationExit", (code: number, logs: readonly HostLog[] | undefined) =>
    resolve({ code, logs: logs ?? [] }),
  );
  page.once("crash", () => endFor(70, "the browser page crashed"));
  void server.exited.then(({ reason }) => endFor(70, `the server ended (${reason})`));
  const timer = setTimeout(() => endFor(124, `no end within ${module.timeoutMs / 1000} s`), module.timeoutMs);
  try {
    await page.goto(
      server.url({
        folder: module.folder,
        payload: [
          ...module.extensionDevelopmentPaths.map(
            (dir) => ["extensionDevelopmentPath", server.remoteUri(dir)] as const,
          ),
          ["extensionTestsPath", server.remoteUri(path.resolve(module.file))],
        ],
      }),
    );
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
