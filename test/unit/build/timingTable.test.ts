import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Cell, Failure, Lane, SharedStep, StepRow, StepState } from "../../../src/core/build/snapshot.ts";
import { timingTable, type TableSource } from "../../../src/core/build/timingTable.ts";

function cell(durationMs: number, state: StepState = "done"): Cell {
  return { stepId: "x", state, durationMs, hasLog: false };
}

function row(cells: readonly (Cell | null)[], more: Partial<StepRow> = {}): StepRow {
  return { id: "b:2", stage: "b", index: 2, total: 3, instruction: "RUN", text: "make", cells, ...more };
}

function shared(name: string, more: Partial<SharedStep> = {}): SharedStep {
  return { stepId: "x", name, label: "x", state: "done", durationMs: 37, hasLog: false, ...more };
}

function lane(platform: string): Lane {
  return { platform, state: "done", durationMs: 0, steps: { total: 1, finished: 1, cached: 0 } };
}

function table(platforms: readonly string[], more: Partial<TableSource>): readonly string[] {
  const source: TableSource = { lanes: platforms.map(lane), rows: [], shared: [], head: { state: "done" }, ...more };
  return timingTable(source).split("\n");
}

const both = ["linux/amd64", "linux/arm64"];

/** The second table line of a step's row, cell by cell. */
function rowText(
  cells: readonly (Cell | null)[],
  more: Partial<StepRow> = {},
  platforms: readonly string[] = both,
): string {
  return table(platforms, { rows: [row(cells, more)] })[2] ?? "";
}

describe("timingTable", () => {
  it("has a row a step, a column a platform, then shared steps, then the failure", () => {
    const failure: Failure = { what: "b 2/3 failed on linux/arm64", message: "exit code: 1", file: "Dockerfile", line: 7, logTail: [] }; // prettier-ignore
    const rows = [row([cell(1000), cell(4000, "failed")])];
    assert.deepEqual(
      table(both, { rows, shared: [shared("exporting to image")], head: { state: "failed", failure } }),
      [
        "| Step | linux/amd64 | linux/arm64 | Difference |",
        "| --- | ---: | ---: | ---: |",
        "| `b 2/3 RUN make` | 1.00 s | 4.00 s, **failed** | linux/arm64 +3.0 s (4.0×) |",
        "",
        "| Shared step | Time |",
        "| --- | ---: |",
        "| `exporting to image` | 37 ms |",
        "",
        "**b 2/3 failed on linux/arm64** (Dockerfile:7)",
        "",
        "`exit code: 1`",
        "",
      ],
    );
  });

  it("has no difference for one platform, and a word for a platform that has no name", () => {
    assert.deepEqual(table([""], { rows: [row([cell(1000)])] }), [
      "| Step | default platform |",
      "| --- | ---: |",
      "| `b 2/3 RUN make` | 1.00 s |",
      "",
    ]);
  });

  it("says that a build was canceled", () => {
    assert.deepEqual(table(both, { head: { state: "canceled" } }).slice(-2), ["The build was cancelled.", ""]);
  });

  const states: readonly (readonly [cells: readonly (Cell | null)[], text: string])[] = [
    [[cell(0, "pending"), cell(0, "cached")], "not run | cached | "],
    [[cell(2000, "running"), cell(3000, "canceled")], "2.00 s, running | 3.00 s, cancelled | "],
    [[null, cell(1000)], " | 1.00 s | "],
    [[cell(1000), cell(4560)], "1.00 s | 4.56 s | linux/arm64 +3.6 s (4.6×)"],
    [[cell(4000), cell(1000)], "4.00 s | 1.00 s | linux/amd64 +3.0 s (4.0×)"],
    [[cell(0), cell(20)], "0 ms | 20 ms | ·"],
  ];
  for (const [cells, text] of states)
    it(`tells ${text}`, () => {
      assert.equal(rowText(cells), `| \`b 2/3 RUN make\` | ${text} |`);
    });

  it("the difference is that of the slowest to the fastest of all", () => {
    const cells = [cell(2000), cell(1000), cell(3000)];
    const text = rowText(cells, {}, [...both, "linux/s390x"]);
    assert.equal(text.split(" | ").at(-1), "linux/s390x +2.0 s (3.0×) |");
  });

  const titles: readonly (readonly [name: string, more: Partial<StepRow>, title: string])[] = [
    ["a stage without a name", { stage: "" }, "`2/3 RUN make`"],
    ["pipes", { text: "a | b || c" }, "`b 2/3 RUN a \\| b \\|\\| c`"],
    ["backticks", { text: "echo `date`" }, "`` b 2/3 RUN echo `date` ``"],
    ["several backticks and a pipe", { text: "echo ``x`` | `" }, "``` b 2/3 RUN echo ``x`` \\| ` ```"],
    ["line ends", { text: "a\n  b\tc" }, "`b 2/3 RUN a b c`"],
    ["digests", { instruction: "FROM", text: `alpine@sha256:${"0a".repeat(32)} AS x` }, "`b 2/3 FROM alpine AS x`"],
  ];
  for (const [name, more, title] of titles)
    it(`keeps the table whole with ${name}`, () => {
      assert.equal(rowText([cell(1000), null], more), `| ${title} | 1.00 s |  |  |`);
    });

  it("names the platform of a shared step that does not name it itself", () => {
    const names = [shared("exporting", { platform: "linux/arm64" }), shared("[linux/arm64] sbom", { platform: "linux/arm64" })]; // prettier-ignore
    assert.deepEqual(table(both, { shared: names }).slice(-3), [
      "| `exporting` (linux/arm64) | 37 ms |",
      "| `[linux/arm64] sbom` | 37 ms |",
      "",
    ]);
  });
});
