import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { unchangedIn } from "../../../src/core/dockerfile/unchanged.ts";

const before = "FROM a\nRUN one \\\n  more\nRUN two\n";
const runs = { line: 2, lastLine: 3 };
const last = { line: 4, lastLine: 4 };

describe("unchangedIn", () => {
  const cases: readonly {
    readonly name: string;
    readonly after: string;
    readonly places: readonly (number | undefined)[];
  }[] = [
    { name: "nothing was edited", after: before, places: [2, 4] },
    { name: "line ends were replaced", after: before.replaceAll("\n", "\r\n"), places: [2, 4] },
    { name: "a line was put in before", after: `# note\n${before}`, places: [3, 5] },
    { name: "a line was put in behind", after: `${before}CMD x\n`, places: [2, 4] },
    { name: "one of its lines was edited", after: before.replace("more", "less"), places: [undefined, 4] },
    {
      name: "a line was put in between its lines",
      after: before.replace("  more", "  # note\n  more"),
      places: [undefined, 5],
    },
    { name: "all was replaced", after: "FROM b", places: [undefined, undefined] },
  ];
  for (const { name, after, places } of cases)
    it(`knows places when ${name}`, () => {
      const placeOf = unchangedIn(before, after);
      assert.deepEqual([placeOf(runs)?.line, placeOf(last)?.line], places);
      assert.equal(placeOf(runs)?.lastLine, places[0] && places[0] + 1);
    });
});
