import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UndoList } from "../../../src/core/builder/undo.ts";

describe("UndoList", () => {
  it("takes back the last first", async () => {
    const undo = new UndoList();
    const done: string[] = [];
    undo.add(async () => done.push("first"));
    undo.add(async () => done.push("last"));
    assert.equal(await undo.run(), undefined);
    assert.deepEqual(done, ["last", "first"]);
  });

  it("leaves what was made before the thing that cannot be taken back, and tells why it cannot", async () => {
    const undo = new UndoList();
    const done: string[] = [];
    undo.add(async () => done.push("kubeconfig"));
    undo.add(() => Promise.reject(new Error("The cluster is not reachable.")));
    undo.add(async () => done.push("last"));
    assert.equal(await undo.run(), "The cluster is not reachable.");
    assert.deepEqual(done, ["last"]);
  });
});
