import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { differenceText, othersAtFailure, spokenCell, standingOf, tellingLines } from "../../../media/describe.ts";
import { compareCells } from "../../../src/core/build/comparison.ts";
import { cell, lane, row, running } from "./builds.ts";

describe("spokenCell", () => {
  const step = row("a", [], { index: 5, total: 7 });
  test("reads platform, step, state and time", () => {
    assert.equal(
      spokenCell("arm64", step, running(1_000), "running", 12_900),
      "arm64, step 5 of 7, running, 11.9 seconds",
    );
    assert.equal(spokenCell("arm64", step, cell(49), "running", 0), "arm64, step 5 of 7, done, 49 milliseconds");
    assert.equal(
      spokenCell("arm64", step, cell(125_000, { state: "failed" }), "failed", 0),
      "arm64, step 5 of 7, failed, 2 minutes 5 seconds",
    );
  });
  test("a step that never began is waiting, or was not run", () => {
    const pending = cell(0, { state: "pending" });
    assert.equal(spokenCell("arm64", step, pending, "running", 0), "arm64, step 5 of 7, waiting");
    assert.equal(spokenCell("arm64", step, pending, "failed", 0), "arm64, step 5 of 7, not run");
  });
  test("a platform without the step says so", () => {
    assert.equal(spokenCell("arm64", step, null, "done", 0), "arm64, no such step");
  });
});

const words = (...lanes: readonly ReturnType<typeof lane>[]): readonly string[] =>
  lanes.map((one) => standingOf(one, lanes, "running", 13_500).text);

const since = (runningSinceMs: number): ReturnType<typeof lane> =>
  lane("linux/arm64", { state: "running", runningSinceMs });

describe("standingOf", () => {
  const fast = lane("linux/amd64", { durationMs: 4_600 });

  test("the fastest is done, each other one tells how far it is behind", () => {
    assert.deepEqual(
      words(fast, lane("linux/arm64", { durationMs: 19_700 }), lane("linux/s390x", { durationMs: 9_200 })),
      ["done", "+15.1 s, 4.3×", "+4.6 s, 2.0×"],
    );
  });
  test("a running one is behind only when it is", () => {
    assert.deepEqual(words(fast, since(0)), ["done", "+8.9 s, 2.9×"]);
    assert.deepEqual(words(fast, since(12_000)), ["done", "running"]);
  });
  test("failed and cancelled ones say so", () => {
    assert.deepEqual(words(lane("linux/amd64", { state: "failed" }), lane("linux/arm64", { state: "canceled" })), [
      "failed",
      "cancelled",
    ]);
  });
  test("one whose steps another build has done is not compared", () => {
    const taken = lane("linux/arm64", { durationMs: 2, steps: { total: 7, finished: 3, cached: 0 } });
    const [own, other] = [lane("linux/amd64", { durationMs: 4_600 }), taken].map((one, _, lanes) =>
      standingOf(one, lanes, "done", 0),
    );
    assert.deepEqual([own?.text, other?.text], ["done", "4 of 7 steps taken over"]);
  });
});

const text = (...times: readonly number[]): string | undefined => {
  const difference = compareCells(
    times.map((ms) => cell(ms)),
    0,
  );
  return difference && differenceText(difference, times.length).amount;
};

test("with two platforms the sign tells which one is slower", () => {
  assert.equal(text(1_000, 3_000), "+2.0 s");
  assert.equal(text(3_000, 1_000), "−2.0 s");
  assert.equal(text(3_000, 1_000, 2_000), "+2.0 s");
});

describe("othersAtFailure", () => {
  const failure = { what: "", message: "", logTail: [], platform: "linux/arm64" };
  test("tells what became of each other platform", () => {
    const sentences = othersAtFailure(failure, [
      lane("linux/amd64"),
      lane("linux/arm64", { state: "failed" }),
      lane("linux/s390x", { state: "canceled", durationMs: 3_200, steps: { total: 13, finished: 7, cached: 2 } }),
      lane("linux/riscv64", { state: "pending" }),
    ]);
    assert.deepEqual(sentences, [
      "linux/amd64 had finished.",
      "linux/s390x was cancelled after 3.20 s, with 7 of 13 steps done.",
      "linux/riscv64 had not begun.",
    ]);
  });
  test("says nothing when nothing had begun", () => {
    assert.deepEqual(othersAtFailure(failure, [lane("linux/amd64", { state: "pending" })]), []);
  });
});

describe("tellingLines", () => {
  test("begins with the last line that speaks of trouble", () => {
    const gcc = [
      "cc1 hash.c",
      "hash.c:2:10: fatal error: immintrin.h: No such file",
      "  2 | #include",
      "    | ^~~~",
      "compilation terminated.",
    ];
    assert.deepEqual(tellingLines(gcc), gcc.slice(1, 4));
    const make = ["main.o: undefined reference", "collect2: error: ld returned 1", "make: *** [all] Error 1"];
    assert.deepEqual(tellingLines(make), make.slice(1));
    assert.deepEqual(tellingLines(["make: *** [all] Error 1"]), ["make: *** [all] Error 1"]);
  });
  test("else it is the end", () => {
    assert.deepEqual(tellingLines(["a", "b", "c", "d"]), ["b", "c", "d"]);
    assert.deepEqual(tellingLines([]), []);
  });
});
