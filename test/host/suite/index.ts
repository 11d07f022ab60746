// Entry of the suite in the extension host, the same for the desktop and for the offline hosts.
import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "node:util";
import type { SuiteResult } from "../suiteResult.ts";

/** Runs every bundled `*.test.cjs` beside this file; rejects when a test fails. */
export async function run(): Promise<void> {
  const { EXT_TEST_OUTPUT, EXT_TEST_RESULT, EXT_TEST_GREP, CI } = process.env;
  const { default: Mocha } = await import("mocha");
  if (EXT_TEST_OUTPUT) {
    // All reporters print through this one function; a file keeps it apart from the editor's own messages.
    Mocha.reporters.Base.consoleLog = (...args: unknown[]) => appendFileSync(EXT_TEST_OUTPUT, `${format(...args)}\n`);
  }
  const mocha = new Mocha({ ui: "tdd", timeout: 20_000, color: false, forbidOnly: Boolean(CI) });
  if (EXT_TEST_GREP) mocha.grep(EXT_TEST_GREP);
  for (const file of readdirSync(__dirname).toSorted())
    if (file.endsWith(".test.cjs")) mocha.addFile(path.join(__dirname, file));
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => {
      const { tests = 0, passes = 0, pending = 0 } = runner.stats ?? {};
      const result: SuiteResult = { tests, passes, pending, failures };
      if (EXT_TEST_RESULT) writeFileSync(EXT_TEST_RESULT, JSON.stringify(result));
      if (failures > 0) reject(new Error(`${failures} tests failed`));
      else resolve();
    });
  });
}
