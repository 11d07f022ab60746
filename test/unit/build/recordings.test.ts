import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { BuildModel } from "../../../src/core/build/model.ts";
import { timingReport, type TimingReport } from "../../../src/core/build/timingReport.ts";
import type { Platform } from "../../../src/core/platform.ts";

// The expected results were made from the recordings by another program, with whole nanoseconds, and looked through.

const recordings = path.join(import.meta.dirname, "../../fixtures/recordings");
const toleranceMs = 0.01;

interface Expected {
  readonly platforms: readonly Platform[];
  readonly exitCode?: number;
  readonly report: TimingReport;
}

const names = globSync("*/*.expected.json", { cwd: recordings }).map((file) => file.slice(0, -".expected.json".length));

test("there are recordings", () => assert.ok(names.length > 50));

for (const name of names.toSorted()) {
  test(`reads ${name} as it is`, () => {
    const { platforms, exitCode, report } = JSON.parse(
      readFileSync(path.join(recordings, `${name}.expected.json`), "utf8"),
    ) as Expected;
    const model = new BuildModel({ platforms });
    for (const line of linesOf(name)) model.apply(line);
    model.end({ exitCode });
    const actual: unknown = JSON.parse(JSON.stringify(timingReport(model)));
    assert.deepEqual(near(actual, report), report);
  });

  test(`reads ${name} the same however often it is looked at meanwhile`, () => {
    const { platforms, exitCode, report } = JSON.parse(
      readFileSync(path.join(recordings, `${name}.expected.json`), "utf8"),
    ) as Expected;
    const model = new BuildModel({ platforms });
    for (const [at, line] of linesOf(name).entries()) {
      model.apply(line);
      if (at < 200 || at % 1000 === 0) model.takeChanges();
    }
    model.end({ exitCode });
    const actual: unknown = JSON.parse(JSON.stringify(timingReport(model)));
    assert.deepEqual(near(actual, report), report);
  });
}

function linesOf(name: string): readonly string[] {
  const file = path.join(recordings, `${name}.rawjson`);
  const bytes = existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`));
  return bytes.toString("utf8").replace(/\n$/, "").split("\n");
}

/** The actual value, with the expected number in place of every number that is near enough to it. */
function near(actual: unknown, expected: unknown): unknown {
  if (typeof actual === "number" && typeof expected === "number")
    return Math.abs(actual - expected) <= toleranceMs ? expected : actual;
  if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null) return actual;
  const fields = expected as Readonly<Record<string, unknown>>;
  const entries = Object.entries(actual).map(([key, value]) => [key, near(value, fields[key])]);
  return Array.isArray(actual) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
