import assert from "node:assert/strict";
import { test } from "node:test";
import { lineTimes } from "../../../src/core/build/lineTimes.ts";
import type { Cell } from "../../../src/core/build/snapshot.ts";
import { cell, lane, row, running } from "../media/builds.ts";

const nowMs = 20_000;

const cases: readonly (readonly [text: string | undefined, ...cells: readonly (Cell | null)[]])[] = [
  ["amd64 2.51 s · arm64 16.6 s (6.6×)", cell(2_510), cell(16_600)],
  ["amd64 20 ms · arm64 50 ms", cell(20), cell(50)],
  ["cached", cell(0, { state: "cached" }), cell(0, { state: "cached" })],
  ["cached", null, cell(0, { state: "cached" })],
  ["amd64 cached · arm64 1.00 s", cell(0, { state: "cached" }), cell(1_000)],
  ["amd64 2.00 s · arm64 12.0 s (6.0×)", cell(2_000), running(8_000)],
  ["amd64 1.00 s", cell(1_000), cell(0, { state: "pending" })],
  ["amd64 0.40 s cancelled · arm64 0.50 s failed", cell(400, { state: "canceled" }), cell(500, { state: "failed" })],
  ["amd64 cancelled · arm64 0.50 s failed", cell(0, { state: "canceled" }), cell(500, { state: "failed" })],
  [undefined, cell(0, { state: "pending" }), null],
];
for (const [text, ...cells] of cases)
  test(`behind an instruction stands ${text ?? "nothing"}`, () => {
    const rows = [row("a", cells, { line: 3, lastLine: 4 }), row("b", cells)];
    const lanes = [lane("linux/amd64"), lane("linux/arm64")];
    assert.deepEqual(lineTimes({ lanes, rows }, nowMs), text === undefined ? [] : [{ line: 3, lastLine: 4, text }]);
  });

test("one platform needs no name", () => {
  const rows = [row("a", [cell(2_510)], { line: 3, lastLine: 3 })];
  assert.equal(lineTimes({ lanes: [lane("linux/amd64")], rows }, nowMs)[0]?.text, "2.51 s");
});
