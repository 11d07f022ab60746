import { cpSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fetchDesktop } from "./desktop.ts";
import type { Host } from "./hosts.ts";
import { scratchDir, startGroup } from "./owned.ts";
import type { Where } from "./place.ts";
import type { SuiteJob } from "./runSuite.ts";
import { findFault, readSuiteResult } from "./suiteResult.ts";

export interface SuiteOptions {
  /** The folder of the extension under test. */
  readonly extension: string;
  /** The bundled entry of the suite. */
  readonly suite: string;
  readonly timeoutSeconds: number;
  /** Where logs and a picture of the end are kept; offline hosts only. */
  readonly artifacts?: string;
}

/** What became of the suite in one version of VS Code. */
export interface Outcome {
  readonly version: string;
  readonly where?: Where;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** Why it is no success. */
  readonly fault?: string;
  /** All that was printed. */
  readonly output: string;
}

/** Runs the suite in one version of VS Code. Everything it starts is gone when it resolves. */
export async function runVersion(host: Host, where: Where, options: SuiteOptions): Promise<Outcome> {
  const executable =
    where === "desktop" ? await fetchDesktop(host.version) : path.join(import.meta.dirname, "runInServer.ts");
  const started = performance.now();
  const scratch = scratchDir("multiarch-run-");
  try {
    const resultFile = path.join(scratch.path, "result.json");
    const outputFile = path.join(scratch.path, "output.txt");
    const job: SuiteJob = {
      executable,
      extension: path.resolve(options.extension),
      suite: options.suite,
      launchArgs: launchArgs(host, where, scratch.path, options),
    };
    const run = startGroup(process.execPath, [path.join(import.meta.dirname, "runSuite.ts"), JSON.stringify(job)], {
      env: {
        EXT_TEST_RESULT: resultFile,
        EXT_TEST_OUTPUT: outputFile,
        // runInServer.ts finds its Node by name, and an older one does not run TypeScript.
        PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env["PATH"] ?? ""}`,
      },
    });
    const { code, reason } = await endWithin(run, options.timeoutSeconds);
    const result = readSuiteResult(resultFile);
    const fault = findFault(result, code, reason);
    const mochaOutput = where === "desktop" && existsSync(outputFile) ? readFileSync(outputFile, "utf8") : "";
    return {
      version: host.version,
      where,
      passed: result?.passes ?? 0,
      // A run that broke outside of a test counts as one failure, so that no sum of counts can hide it.
      failed: fault ? Math.max(result?.failures ?? 0, 1) : 0,
      skipped: result?.pending ?? 0,
      seconds: (performance.now() - started) / 1000,
      fault,
      output: `${run.output()}${mochaOutput}`,
    };
  } finally {
    scratch.remove();
  }
}

function launchArgs(host: Host, where: Where, scratch: string, { timeoutSeconds, artifacts }: SuiteOptions): string[] {
  const workspace = path.join(scratch, "workspace");
  cpSync(path.join(import.meta.dirname, "workspace"), workspace, { recursive: true });
  // Named so that runTests does not put its own into the current folder.
  const profile = [
    `--user-data-dir=${path.join(scratch, "user")}`,
    `--extensions-dir=${path.join(scratch, "extensions")}`,
  ];
  if (where === "desktop") return [workspace, ...profile, "--disable-extensions"];
  return [
    workspace,
    ...profile,
    `--host-version=${host.version}`,
    `--timeout-seconds=${timeoutSeconds}`,
    ...(artifacts ? [`--artifacts=${path.resolve(artifacts, host.version)}`] : []),
  ];
}

/** The host ends itself in time and says more about it; this is for a launcher or a desktop that does not. */
async function endWithin(
  run: ReturnType<typeof startGroup>,
  timeoutSeconds: number,
): Promise<{ readonly code: number; readonly reason?: string }> {
  const limitSeconds = timeoutSeconds + 30;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void run.stop();
  }, limitSeconds * 1000);
  const { code } = await run.exited;
  clearTimeout(timer);
  return isLate ? { code: 124, reason: `no end within ${limitSeconds} s` } : { code };
}
