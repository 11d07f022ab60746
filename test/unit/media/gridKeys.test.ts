import assert from "node:assert/strict";
import { test } from "node:test";
import { moveInGrid } from "../../../media/gridKeys.ts";

test("keys move the focus as in ARIA's grid pattern", () => {
  const size = { rows: 50, columns: 4, pageSize: 10 };
  const cases = [
    ["ArrowDown", false, 5, 1, "6,1"],
    ["ArrowUp", false, 0, 1, "stays"],
    ["ArrowLeft", false, 5, 0, "stays"],
    ["ArrowRight", false, 5, 2, "5,3"],
    ["Home", false, 5, 2, "5,0"],
    ["End", false, 5, 2, "5,3"],
    ["Home", true, 5, 2, "0,0"],
    ["End", true, 5, 2, "49,3"],
    ["PageDown", false, 45, 2, "49,2"],
    ["PageUp", false, 25, 2, "15,2"],
    ["ArrowDown", true, 5, 2, "49,2"],
    ["x", false, 5, 2, "stays"],
  ] as const;
  for (const [key, ctrlKey, row, column, expected] of cases) {
    const place = moveInGrid({ key, ctrlKey }, { row, column }, size);
    assert.equal(place ? `${place.row},${place.column}` : "stays", expected, `${ctrlKey ? "Ctrl+" : ""}${key}`);
  }
});
