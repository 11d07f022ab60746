import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import type { TimingReport } from "../../../src/core/build/timingReport.ts";

const recordings = path.join(import.meta.dirname, "../../fixtures/recordings");
const program = path.join(import.meta.dirname, "../../../src/timings.ts");
const toleranceMs = 0.01;

interface Golden {
  readonly platforms: readonly string[];
  readonly exitCode?: number;
  readonly report: TimingReport;
}

function namesOf(pattern: string, ending: RegExp): string[] {
  return globSync(pattern, { cwd: recordings })
    .map((file) => file.replaceAll(path.sep, "/").replace(ending, ""))
    .toSorted();
}

function readGolden(name: string): Golden {
  return JSON.parse(readFileSync(path.join(recordings, `${name}.expected.json`), "utf8")) as Golden;
}

function timings(file: string, { platforms, exitCode }: Golden): TimingReport {
  const options = ["--json", "--platform", platforms.join(",")];
  if (exitCode !== undefined) options.push("--exit-code", String(exitCode));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, path.join(recordings, file), ...options], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as TimingReport;
}

/** Every duration of a report with the words that find it again. */
function durationsOf({ lanes, shared }: TimingReport): readonly (readonly [step: string, ms: number])[] {
  return [
    ...lanes.flatMap(({ platform, steps }) =>
      steps.map((step) => [`${platform} ${step.stage} ${step.index} ${step.name}`, step.durationMs] as const),
    ),
    ...shared.map((step) => [step.name, step.durationMs] as const),
  ];
}

function withoutDurations(report: TimingReport): unknown {
  return JSON.parse(JSON.stringify(report, (key, value: unknown) => (key === "durationMs" ? undefined : value)));
}

describe("golden results", () => {
  it("there is one for each recording, and no other", () => {
    assert.deepEqual(
      namesOf("*/*.expected.json", /\.expected\.json$/),
      namesOf("*/*.rawjson{,.gz}", /\.rawjson(?:\.gz)?$/),
    );
  });

  // One plain, one packed; the model itself is held to all of them elsewhere.
  for (const file of ["kubernetes-driver/c-fail-arm64.rawjson", "buildx-0.29.1/g-biglog.rawjson.gz"])
    it(`the program prints that of ${file}`, () => {
      const golden = readGolden(file.replace(/\.rawjson(?:\.gz)?$/, ""));
      const actual = timings(file, golden);
      assert.deepEqual(withoutDurations(actual), withoutDurations(golden.report), file);
      const expected = durationsOf(golden.report);
      for (const [at, [step, ms]] of durationsOf(actual).entries()) {
        const expectedMs = expected[at]?.[1] ?? Number.NaN;
        assert.ok(Math.abs(ms - expectedMs) <= toleranceMs, `${file}: ${step}: ${ms} ms, expected ${expectedMs} ms`);
      }
    });
});
