import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BuildState, Failure } from "../../../src/core/build/snapshot.ts";
import { automaticSelection, type Selection } from "../../../media/selection.ts";
import { cell, row, running, sharedStep } from "./builds.ts";

const rows = [
  row("a", [cell(500), cell(900)]),
  row("b", [cell(100), running(2_000, { stepId: "late" })]),
  row("c", [running(1_000), running(3_000, { stepId: "later" })]),
];

function choose(
  previous: Selection | undefined,
  options: { readonly state?: BuildState; readonly failedStep?: string; readonly ended?: boolean } = {},
): string {
  const failure: Failure | undefined =
    options.failedStep === undefined ? undefined : { what: "", message: "", logTail: [], stepId: options.failedStep };
  const shown = options.ended ? rows.slice(0, 1) : rows;
  const chosen = automaticSelection(previous, {
    rows: shown,
    shared: [sharedStep("export")],
    state: options.state ?? "running",
    failure,
  });
  if (!chosen) return "none";
  return chosen.kind === "row" ? `${chosen.rowId}${chosen.laneIndex}` : chosen.stepId;
}

describe("automaticSelection", () => {
  test("takes the step that has run longest", () => assert.equal(choose(undefined), "c0"));
  test("stays with a step while it runs anywhere", () => {
    assert.equal(choose({ kind: "row", rowId: "b", laneIndex: 1 }), "b1");
    assert.equal(choose({ kind: "row", rowId: "b", laneIndex: 0 }), "b1");
  });
  test("leaves a step that is over", () => assert.equal(choose({ kind: "row", rowId: "a", laneIndex: 0 }), "c0"));
  test("goes to the failed step", () => {
    assert.equal(choose({ kind: "row", rowId: "c", laneIndex: 0 }, { failedStep: "late", state: "failed" }), "b1");
    assert.equal(choose(undefined, { failedStep: "export", state: "failed" }), "export");
  });
  test("after the end stays where it is", () => {
    assert.equal(choose({ kind: "row", rowId: "a", laneIndex: 0 }, { state: "done", ended: true }), "a0");
  });
  test("of a build that has ended before shows the step that took longest", () => {
    assert.equal(choose(undefined, { state: "done", ended: true }), "a1");
  });
  test("before the first step shows the machinery at work, and leaves it for the first step", () => {
    const shared = [sharedStep("definition"), sharedStep("boot", { state: "running", runningSinceMs: 1 })];
    const boot = automaticSelection(undefined, { rows: [], shared, state: "running", failure: undefined });
    assert.deepEqual(boot, { kind: "shared", stepId: "boot" });
    assert.equal(choose(boot), "c0");
  });
  test("keeps what it has while nothing runs for a moment", () => {
    assert.equal(choose({ kind: "row", rowId: "a", laneIndex: 1 }, { ended: true }), "a1");
  });
});
