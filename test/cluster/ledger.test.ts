import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAlive, parseLedger, parseUndo, startTimeOf } from "./ledger.ts";

describe("the ledger", () => {
  it("knows a process by pid, start time and name", () => {
    assert.deepEqual(parseLedger("12 3456 etcd\n13 3460 kubelet-arm64\n"), [
      { pid: 12, startTime: "3456", name: "etcd" },
      { pid: 13, startTime: "3460", name: "kubelet-arm64" },
    ]);
  });

  it("does without a line that a crash has cut", () => {
    assert.deepEqual(parseLedger("12 3456 etcd\n13 34"), [{ pid: 12, startTime: "3456", name: "etcd" }]);
    assert.deepEqual(parseUndo("bridge lab-amd64\nbri"), [{ kind: "bridge", target: "lab-amd64" }]);
  });

  it("does not take another process of the same pid for the recorded one", () => {
    const startTime = startTimeOf(process.pid) ?? "";
    assert.ok(isAlive({ pid: process.pid, startTime }));
    assert.ok(!isAlive({ pid: process.pid, startTime: `${startTime}0` }));
  });
});
