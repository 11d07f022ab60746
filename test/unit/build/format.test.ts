import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  formatBytes,
  formatDifference,
  formatDuration,
  formatRatio,
  formatRunning,
} from "../../../src/core/build/format.ts";

function table<T>(name: string, format: (value: T) => string, cases: readonly (readonly [T, string])[]): void {
  test(name, () => {
    for (const [value, text] of cases) assert.equal(format(value), text, String(value));
  });
}

describe("format", () => {
  table("finished durations have up to three digits and never round up to a fourth", formatDuration, [
    [0, "0 ms"],
    [0.2, "<1 ms"],
    [9, "9 ms"],
    [99.4, "99 ms"],
    [99.6, "0.10 s"],
    [357, "0.36 s"],
    [9_994, "9.99 s"],
    [9_996, "10.0 s"],
    [13_400, "13.4 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min 00 s"],
    [125_000, "2 min 05 s"],
    [3_599_600, "1 h 00 min"],
    [3_720_000, "1 h 02 min"],
  ]);
  table("running durations keep one decimal below a minute", formatRunning, [
    [-5, "0.0 s"],
    [40, "0.0 s"],
    [9_960, "10.0 s"],
    [11_870, "11.9 s"],
    [61_000, "1 min 01 s"],
  ]);
  table("differences carry their sign", formatDifference, [
    [883, "+0.9 s"],
    [-9_350, "−9.4 s"],
    [65_000, "+1 min 05 s"],
  ]);
  table("ratios have one decimal as long as it says something", formatRatio, [
    [3.47, "3.5×"],
    [9.96, "10×"],
    [123.4, "123×"],
    [Infinity, ""],
  ]);
  table("bytes have three digits in decimal units", formatBytes, [
    [0, "0 B"],
    [999, "999 B"],
    [161_234, "161 kB"],
    [999_600, "1.00 MB"],
    [45_200_000, "45.2 MB"],
    [2_310_000_000, "2.31 GB"],
  ]);
});
