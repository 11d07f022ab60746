import assert from "node:assert/strict";
import { it } from "node:test";
import { formatProgress } from "./progress.ts";

for (const [index, count, elapsedMs, line] of [
  [3, 14, 1234, "compiling kubelet (3 of 14), 1.2 s"],
  [3, 14, 65_900, "compiling kubelet (3 of 14), 1 min 05 s"],
  [1, 1, 59_900, "compiling kubelet, 59.9 s"],
] as const) {
  it(`says what, how far and how long: ${line}`, () => {
    assert.equal(formatProgress({ what: "compiling kubelet", index, count, elapsedMs }), line);
  });
}
