import assert from "node:assert/strict";
import { test } from "node:test";
import { timelineItems } from "../../../media/timelineItems.ts";
import { cell, lane, row, running } from "./builds.ts";

test("each platform has its steps in the order they began, without those that have not", () => {
  const rows = [
    row("late", [cell(10, { startedMs: 500, completedMs: 510 }), running(700, { startedMs: 700 })]),
    row("early", [cell(20, { startedMs: 100, completedMs: 120 }), cell(0, { state: "pending" })]),
    row("missing", [null, cell(5, { startedMs: 50 })]),
  ];
  const items = timelineItems([lane("linux/amd64"), lane("linux/arm64")], rows);
  assert.deepEqual(
    items.map((item) =>
      item.kind === "stage" ? `${item.platform} ${item.count}` : [item.rowId, item.startMs, item.endMs],
    ),
    [
      "linux/amd64 2",
      ["early", 100, 120],
      ["late", 500, 510],
      "linux/arm64 2",
      ["missing", 50, 55],
      ["late", 700, undefined],
    ],
  );
});
