import { existsSync, readFileSync } from "node:fs";

/** What the suite's entry writes to the file named by EXT_TEST_RESULT when it has run to its end. */
export interface SuiteResult {
  readonly tests: number;
  readonly passes: number;
  readonly pending: number;
  readonly failures: number;
}

/** Reads the suite's result; undefined when it never came to write one. */
export function readSuiteResult(file: string): SuiteResult | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as SuiteResult) : undefined;
}

/**
 * Why a run is no success, or undefined when it is one. The exit code is not enough: an extension host
 * that crashes, or that calls `process.exit`, ends with code 0.
 */
export function findFault(result: SuiteResult | undefined, code: number, reason?: string): string | undefined {
  if (reason) return reason;
  if (!result) return `the suite left no result (exit code ${code})`;
  if (result.failures > 0) return `${result.failures} of ${result.tests} tests failed`;
  if (result.passes === 0) return "no test ran";
  if (code !== 0) return `exit code ${code}`;
  return undefined;
}
