import { effect } from "@preact/signals";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BuildStore } from "../../../media/store.ts";
import { build, cell, lane, row, sharedStep } from "./builds.ts";

function filled(): BuildStore {
  const store = new BuildStore();
  store.applySnapshot(build({ rows: [row("a", [cell(1)]), row("b", [cell(2)])], shared: [sharedStep("context")] }));
  return store;
}

describe("BuildStore", () => {
  test("a snapshot replaces everything", () => {
    const store = filled();
    store.applySnapshot(build({ rows: [row("c", [])], lanes: [lane("linux/s390x")], shared: [] }));
    assert.deepEqual(store.rowIds.value, ["c"]);
    assert.deepEqual(
      store.lanes.value.map(({ platform }) => platform),
      ["linux/s390x"],
    );
    assert.equal(store.row("a"), undefined);
    assert.deepEqual(store.shared.value, []);
  });

  test("an update reaches only the rows it names", () => {
    const store = filled();
    const drawn: string[] = [];
    for (const id of ["a", "b"]) {
      effect(() => {
        drawn.push(`${id} ${store.row(id)?.value.cells[0]?.durationMs}`);
      });
    }
    store.applyUpdate({ rows: [row("b", [cell(7)])] });
    assert.deepEqual(drawn, ["a 1", "b 2", "b 7"]);
  });

  test("the order of rows is new only when it is another one", () => {
    const store = filled();
    const before = store.rowIds.value;
    store.applyUpdate({ rows: [row("a", [cell(3)])], rowOrder: ["a", "b"] });
    assert.equal(store.rowIds.value, before);
    store.applyUpdate({ rowOrder: ["b", "a"] });
    assert.deepEqual(store.rowIds.value, ["b", "a"]);
  });

  test("rows come where the order says, and go when it does not name them", () => {
    const store = filled();
    store.applyUpdate({ rows: [row("c", [])], rowOrder: ["a", "c"] });
    assert.deepEqual(
      store.rows().map(({ id }) => id),
      ["a", "c"],
    );
    assert.equal(store.row("b"), undefined);
  });

  test("lanes and shared work are put in place by their keys, new ones at the end", () => {
    const store = filled();
    store.applyUpdate({
      lanes: [lane("linux/arm64", { durationMs: 5 }), lane("linux/arm/v7")],
      shared: [sharedStep("export"), sharedStep("context", { durationMs: 9 })],
    });
    assert.deepEqual(
      store.lanes.value.map((one) => [one.platform, one.durationMs]),
      [
        ["linux/amd64", 0],
        ["linux/arm64", 5],
        ["linux/arm/v7", 0],
      ],
    );
    assert.deepEqual(
      store.shared.value.map((one) => [one.stepId, one.durationMs]),
      [
        ["context", 9],
        ["export", 1],
      ],
    );
  });
});
