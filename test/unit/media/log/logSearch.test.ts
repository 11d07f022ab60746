import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LogSearch } from "../../../../media/log/logSearch.ts";
import { logLimits, StepLog } from "../../../../media/log/stepLog.ts";

const chunk = (text: string, reset = false) => ({ stepId: "s", text, reset, droppedBytes: 0 });

describe("LogSearch", () => {
  test("finds lines as they come, also one that grows into a match", () => {
    const log = new StepLog();
    const search = new LogSearch("Error");
    log.append(chunk("fine\nan err"));
    assert.deepEqual(search.find(log), []);
    log.append(chunk("or\nfine\n\u001B[31mERR\u001B[0mOR\n"));
    assert.deepEqual(search.find(log), [1, 3]);
    assert.deepEqual(search.find(log), [1, 3], "the same while nothing changes");
  });
  test("forgets lines that the log has dropped or replaced", () => {
    const log = new StepLog();
    const search = new LogSearch("x");
    log.append(chunk("x\n".repeat(logLimits.lines)));
    assert.equal(search.find(log).length, logLimits.lines);
    log.append(chunk("x\n"));
    assert.equal(search.find(log)[0], logLimits.dropBlock);
    log.append(chunk("y\nx\n", true));
    assert.deepEqual(search.find(log), [1]);
  });
  test("an empty text finds nothing", () => {
    const log = new StepLog();
    log.append(chunk("a\n"));
    assert.deepEqual(new LogSearch("").find(log), []);
  });
});
