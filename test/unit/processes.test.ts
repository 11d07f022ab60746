import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { isRunning, processMark } from "../../src/core/processes.ts";

test("a process is told from a later one of the same number", () => {
  const own = processMark() ?? assert.fail();
  assert.ok(isRunning(own));
  if (process.platform === "linux") assert.ok(!isRunning(own.replace(/\d+$/, "1")) && !isRunning(String(process.pid)));
});

test("a process that has ended runs no more", async () => {
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
  const mark = processMark(child.pid) ?? assert.fail();
  assert.ok(isRunning(mark));
  child.kill();
  await once(child, "exit");
  assert.ok(!isRunning(mark));
});
