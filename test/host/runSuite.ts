// Runs the suite in one VS Code through `@vscode/test-electron`. A process of its own, because
// `runTests` prints by itself and leaves what it started running when it is given up.
import { runTests, TestRunFailedError } from "@vscode/test-electron";
import { endWithParent } from "./owned.ts";

const [job = ""] = process.argv.slice(2);
const { executable, extension, suite, launchArgs } = JSON.parse(job) as SuiteJob;

// Only an interrupt is passed on to VS Code by runTests.
const interrupt = () => process.kill(process.pid, "SIGINT");
process.on("SIGTERM", interrupt);
endWithParent(interrupt);

try {
  await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: extension,
    extensionTestsPath: suite,
    launchArgs: [...launchArgs],
  });
} catch (error) {
  if (!(error instanceof TestRunFailedError)) throw error;
  // The suite has printed what failed.
  process.exitCode = error.code ?? 1;
}

/** What to run, as JSON in the first argument. */
export interface SuiteJob {
  readonly executable: string;
  readonly extension: string;
  readonly suite: string;
  readonly launchArgs: readonly string[];
}
