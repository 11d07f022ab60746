import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { differenceWidths, extentOf, layoutFor, niceCeil, segmentsOf, timeTicks } from "../../../media/geometry.ts";

const shown = (width: number, lanes: number): string => {
  const { hasBars, difference, isStacked } = layoutFor(width, lanes);
  return [hasBars && "bars", difference !== "none" && difference, isStacked && "stacked"].filter(Boolean).join(" ");
};

describe("layoutFor", () => {
  test("gives up the amount of the difference first, then the bars, then its ratio", () => {
    assert.equal(shown(1180, 2), "bars full");
    assert.equal(shown(700, 2), "bars ratio");
    assert.equal(shown(480, 2), "ratio");
    assert.equal(shown(400, 2), "");
  });

  test("has no difference for one platform", () => assert.equal(shown(1180, 1), "bars"));

  test("has no bars above four platforms, and stacks the cells where columns do not fit", () => {
    assert.equal(shown(1180, 4), "bars full");
    assert.equal(shown(1180, 5), "full");
    assert.equal(shown(480, 6), "stacked");
  });

  test("never shows less when there is more room", () => {
    for (const lanes of [1, 2, 3, 4, 5, 6]) {
      let before = layoutFor(200, lanes);
      for (let width = 201; width < 1600; width += 1) {
        const now = layoutFor(width, lanes);
        assert.ok(Number(now.hasBars) >= Number(before.hasBars), `bars at ${width}`);
        assert.ok(
          differenceWidths[now.difference] >= differenceWidths[before.difference],
          `${now.difference} difference at ${width}`,
        );
        assert.ok(Number(now.isStacked) <= Number(before.isStacked), `columns at ${width}`);
        assert.ok(!(now.isStacked && now.hasBars), `bars in stacked cells at ${width}`);
        before = now;
      }
    }
  });
});

describe("scales", () => {
  test("niceCeil is the next round number", () => {
    for (const [value, nice] of [
      [0, 1],
      [1, 1],
      [16_560, 20_000],
      [11_860, 15_000],
      [0.3, 0.3],
      [7_501, 10_000],
    ] as const)
      assert.ok(Math.abs(niceCeil(value) - nice) < 1e-6, `${value}: ${niceCeil(value)}`);
  });

  test("ticks are round times from zero, no more than wanted", () => {
    assert.deepEqual(timeTicks(19_700, 8), [0, 5_000, 10_000, 15_000]);
    assert.deepEqual(timeTicks(300_000, 6), [0, 60_000, 120_000, 180_000, 240_000, 300_000]);
    for (const span of [1, 13, 970, 5_000, 61_234, 7_200_000, 1e9])
      for (const wanted of [2, 5, 12]) assert.ok(timeTicks(span, wanted).length <= wanted + 1, `${span} in ${wanted}`);
  });

  test("an interval is cut at both ends of the axis", () => {
    assert.deepEqual(extentOf(1_500, 2_000, 1_000, 2_000), { left: 25, width: 25 });
    assert.deepEqual(extentOf(0, 9_000, 1_000, 2_000), { left: 0, width: 100 });
    assert.deepEqual(extentOf(5_000, 6_000, 1_000, 2_000), { left: 100, width: 0 });
  });
});

describe("segmentsOf", () => {
  test("shares are in proportion and sum up to one", () => {
    const segments = segmentsOf([
      { kind: "done", ms: 1_000 },
      { kind: "running", ms: 3_000 },
    ]);
    assert.deepEqual(segments, [
      { kind: "done", share: 0.25 },
      { kind: "running", share: 0.75 },
    ]);
  });

  test("thousands of short steps become few pieces", () => {
    const steps = Array.from({ length: 3_000 }, (_, index) => ({ kind: "done" as const, ms: 1 + (index % 7) }));
    const segments = segmentsOf(steps);
    assert.ok(segments.length <= 70, String(segments.length));
    assert.ok(Math.abs(segments.reduce((sum, segment) => sum + segment.share, 0) - 1) < 1e-9);
  });

  test("a build that is cached as a whole is one piece, a build without steps none", () => {
    assert.deepEqual(
      segmentsOf([
        { kind: "cached", ms: 0 },
        { kind: "cached", ms: 0 },
      ]),
      [{ kind: "cached", share: 1 }],
    );
    assert.deepEqual(segmentsOf([]), []);
  });
});
