import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compareCells, timeOf } from "../../../src/core/build/comparison.ts";
import { groupItems, sumOf, tableItems, type Sort } from "../../../media/table.ts";
import { cell, row, running } from "./builds.ts";

describe("timeOf", () => {
  test("a running step adds what has passed to what it had", () => {
    assert.equal(timeOf({ state: "running", durationMs: 500, runningSinceMs: 1_000 }, 3_000), 2_500);
  });
  test("a clock that is behind never makes a time shrink", () => {
    assert.equal(timeOf(running(5_000), 4_000), 0);
  });
});

describe("compareCells", () => {
  const cases = [
    ["twice as slow but short is plain", [cell(100), cell(500)], "plain"],
    ["over twice and over half a second is loud", [cell(357), cell(1_240)], "loud"],
    ["slower by seconds but less than twice is plain", [cell(10_000), cell(15_000)], "plain"],
    ["below a tenth of a second is noise", [cell(49), cell(56)], "noise"],
    ["a step in the cache has nothing to compare", [cell(0, { state: "cached" }), cell(9_000)], undefined],
    ["a missing step has nothing to compare", [null, cell(9_000)], undefined],
    ["two running steps say nothing yet", [running(0), running(1_000)], undefined],
    ["a running step that has not overtaken says nothing yet", [cell(9_000), running(4_000)], undefined],
    ["a running step that has overtaken does", [cell(1_000), running(4_000)], "loud"],
    [
      "a failed step and a cancelled one say nothing",
      [cell(900, { state: "failed" }), cell(4_000, { state: "canceled" })],
      undefined,
    ],
    ["a failed step that had overtaken does", [cell(1_000), cell(4_000, { state: "failed" })], "loud"],
    ["one that never took time at all still counts", [cell(0), cell(9_000)], "loud"],
    ["one platform has no difference", [cell(9_000)], undefined],
  ] as const;
  for (const [name, cells, weight] of cases)
    test(name, () => assert.equal(compareCells(cells, 10_000)?.weight, weight));

  test("with many platforms it is the slowest against the fastest", () => {
    const difference = compareCells([cell(2_000), cell(1_000), cell(9_000), cell(3_000)], 0);
    assert.deepEqual(difference, { ms: 8_000, ratio: 9, slowest: 2, fastest: 1, weight: "loud" });
  });
});

describe("tableItems", () => {
  const rows = [
    row("a", [cell(10), cell(20)], { stage: "deps" }),
    row("b", [cell(5_000), cell(6_000)], { stage: "deps" }),
    row("c", [cell(100), cell(4_000)], { stage: "builder" }),
    row("d", [cell(100), cell(100)], { stage: "deps" }),
  ];
  const keys = (sort: Sort): string =>
    tableItems(rows, sort, 0)
      .map((item) => item.key)
      .join(" ");

  test("puts a head over each stage, also over one that comes back", () => {
    assert.equal(keys("dockerfile"), "stage:a a b stage:c c stage:d d");
  });
  test("sorted, it is one list, and equal ones stay in the Dockerfile's order", () => {
    assert.equal(keys("difference"), "c b a d");
    assert.equal(keys("duration"), "b c d a");
  });
  test("three thousand rows keep their ids", () => {
    const many = Array.from({ length: 3_000 }, (_, index) => row(`r${index}`, [], { stage: `s${index % 7}` }));
    const items = tableItems(
      many.toSorted((a, b) => a.stage.localeCompare(b.stage)),
      "dockerfile",
      0,
    );
    assert.equal(items.length, 3_007);
    assert.equal(new Set(items.map((item) => item.key)).size, 3_007);
  });
});

describe("groupItems", () => {
  test("gives each group its place", () => {
    const groups = groupItems(
      [{ kind: "stage" }, { kind: "step" }, { kind: "step" }, { kind: "stage" }, { kind: "step" }],
      { stage: 36, step: 28 },
    );
    assert.deepEqual(groups, [
      { head: 0, start: 1, end: 3, top: 0, height: 92 },
      { head: 3, start: 4, end: 5, top: 92, height: 64 },
    ]);
  });
  test("steps without a head are one group", () => {
    assert.deepEqual(groupItems([{ kind: "step" }, { kind: "step" }], { stage: 36, step: 28 }), [
      { start: 0, end: 2, top: 0, height: 56 },
    ]);
  });
});

test("a stage's sum counts what has worked, and is absent before", () => {
  const rows = [row("a", [cell(100), null]), row("b", [running(1_000), cell(0, { state: "pending" })])];
  assert.equal(sumOf(rows, 0, 3_000), 2_100);
  assert.equal(sumOf(rows, 1, 3_000), undefined);
});
