import { execa } from "execa";
import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";

export const root = path.join(import.meta.dirname, "../..");

/** How the tests of one suite, or of all, have ended. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** One part of `npm test`. */
export interface Suite {
  readonly name: string;
  run(): Promise<Counts>;
}

const env = { FORCE_COLOR: "0" };

/** A command that passes or fails as one test. */
export function check(name: string, file: string, ...args: string[]): Suite {
  return {
    name,
    async run() {
      const { exitCode } = await execa(file, args, {
        cwd: root,
        env,
        stdio: "inherit",
        reject: false,
        preferLocal: true,
      });
      return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
    },
  };
}

/**
 * Files run by Node's own test runner, `atOnce` of them at a time or as many as it finds good. A file that takes longer
 * than `timeoutMs` hangs, and has failed.
 */
export function nodeTests(
  name: string,
  pattern: string,
  options: { readonly timeoutMs: number; readonly atOnce?: number },
): Suite {
  return counted(name, (result) => [
    process.execPath,
    "--test",
    `--test-timeout=${options.timeoutMs}`,
    ...(options.atOnce === undefined ? [] : [`--test-concurrency=${options.atOnce}`]),
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=./test/runner/countReporter.ts",
    `--test-reporter-destination=${result}`,
    pattern,
  ]);
}

/** A program that writes its own counts to the file named by `TEST_RESULT_FILE`. */
export function program(name: string, ...args: string[]): Suite {
  return counted(name, () => [process.execPath, ...args]);
}

function counted(name: string, command: (resultFile: string) => readonly [string, ...string[]]): Suite {
  return {
    name,
    async run() {
      const result = path.join(root, "out", "test-results", `${name.replaceAll(/\W+/g, "-")}.json`);
      await mkdir(path.dirname(result), { recursive: true });
      await rm(result, { force: true });
      const [file, ...args] = command(result);
      const { exitCode } = await execa(file, args, {
        cwd: root,
        env: { ...env, TEST_RESULT_FILE: result },
        stdio: "inherit",
        reject: false,
      });
      return honest(await readCounts(result), exitCode ?? 1);
    },
  };
}

async function readCounts(file: string): Promise<Counts> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  const { passed = 0, failed = 0, skipped = 0 } = JSON.parse(text) as Partial<Counts>;
  return { passed, failed, skipped };
}

/** A suite that ran nothing, or ended badly with no failed test, has failed. */
function honest(counts: Counts, exitCode: number): Counts {
  const isSuspicious = counts.failed === 0 && (exitCode !== 0 || counts.passed + counts.skipped === 0);
  return isSuspicious ? { ...counts, failed: 1 } : counts;
}
