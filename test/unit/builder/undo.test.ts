import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UndoList } from "../../../src/core/builder/undo.ts";

describe("UndoList", () => {
  it("takes back the last first, goes on after a failure, and tells what could not be taken back", async () => {
    const undo = new UndoList();
    const done: string[] = [];
    undo.add(async () => done.push("first"));
    undo.add(() => Promise.reject(new Error("The namespace is not empty.")));
    undo.add(async () => done.push("last"));
    assert.deepEqual(await undo.run(), ["The namespace is not empty."]);
    assert.deepEqual(done, ["last", "first"]);
  });
});
