// Entry of the suite in the extension host, the same for the desktop and for the offline hosts.
import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "node:util";
import type { SuiteResult } from "../suiteResult.ts";

const { EXT_TEST_OUTPUT, EXT_TEST_RESULT, EXT_TEST_GREP, CI } = process.env;

/** Runs every bundled `*.test.cjs` beside this file; rejects when a test fails. */
export async function run(): Promise<void> {
  try {
    await runTests();
  } catch (error) {
    // A file that does not load never reaches a reporter.
    if (!(error instanceof TestsFailedError)) print(error);
    throw error;
  }
}

class TestsFailedError extends Error {}

async function runTests(): Promise<void> {
  const { default: Mocha } = await import("mocha");
  // All reporters print through this one function.
  Mocha.reporters.Base.consoleLog = print;
  Mocha.reporters.Base.useColors = false;
  const mocha = new Mocha({ ui: "tdd", timeout: 20_000, forbidOnly: Boolean(CI) });
  if (EXT_TEST_GREP) mocha.grep(EXT_TEST_GREP);
  for (const file of readdirSync(__dirname).toSorted())
    if (file.endsWith(".test.cjs")) mocha.addFile(path.join(__dirname, file));
  const { promise, resolve } = Promise.withResolvers<SuiteResult>();
  const runner = mocha.run((failures) => {
    const { tests = 0, passes = 0, pending = 0 } = runner.stats ?? {};
    resolve({ tests, passes, pending, failures });
  });
  const result = await promise;
  if (EXT_TEST_RESULT) writeFileSync(EXT_TEST_RESULT, JSON.stringify(result));
  if (result.failures > 0) throw new TestsFailedError(`${result.failures} tests failed`);
}

/** Prints to a file where there is one: it keeps the report apart from the editor's own messages. */
function print(...args: readonly unknown[]): void {
  if (EXT_TEST_OUTPUT) appendFileSync(EXT_TEST_OUTPUT, `${format(...args)}\n`);
  else console.log(...args);
}
