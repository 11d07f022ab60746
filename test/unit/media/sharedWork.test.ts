import assert from "node:assert/strict";
import { test } from "node:test";
import { summarize } from "../../../media/sharedWork.ts";
import { sharedStep } from "./builds.ts";

test("the slow and the failed stand for themselves, the rest is one entry per kind", () => {
  const { loud, quiet } = summarize(
    [
      sharedStep("d1", { label: "definition", durationMs: 20, bytes: { current: 300 } }),
      sharedStep("d2", { label: "definition", durationMs: 25, bytes: { current: 300 } }),
      sharedStep("c1", { label: "context", durationMs: 9_000 }),
      sharedStep("c2", { label: "context", durationMs: 10 }),
      sharedStep("e1", { label: "export", state: "failed", durationMs: 10 }),
      sharedStep("e2", { label: "export", state: "running", durationMs: 0, runningSinceMs: 900 }),
      sharedStep("e3", { label: "export", durationMs: 500 }),
    ],
    1_000,
  );
  assert.deepEqual(
    loud.map((step) => step.stepId),
    ["c1", "e1"],
  );
  assert.deepEqual(
    quiet.map(({ label, state, durationMs, bytes }) => [label, state, durationMs, bytes?.current]),
    [
      ["definition", "done", 25, 600],
      ["context", "done", 10, undefined],
      ["export", "running", 0, undefined],
    ],
  );
});
