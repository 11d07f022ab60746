import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { plainText } from "../../../../media/log/ansi.ts";
import { logLimits, StepLog } from "../../../../media/log/stepLog.ts";

const chunk = (text: string, reset = false, droppedBytes = 0) => ({ stepId: "s", text, reset, droppedBytes });

function linesOf(log: StepLog): readonly string[] {
  return Array.from({ length: log.endLine - log.firstLine }, (_, index) => log.line(log.firstLine + index));
}

/** What is shown of a text, whether it comes at once or in single characters. */
function shown(text: string): readonly string[] {
  const atOnce = new StepLog();
  atOnce.append(chunk(text, true));
  const piecemeal = new StepLog();
  for (const character of text) piecemeal.append(chunk(character));
  assert.deepEqual(linesOf(piecemeal), linesOf(atOnce), "the same in single characters");
  return linesOf(atOnce);
}

describe("StepLog", () => {
  const cases = [
    ["lines", "one\ntwo\nthree", ["one", "two", "three"]],
    ["a line end at the end is no further line", "one\n", ["one"]],
    ["empty lines stay", "one\n\ntwo\n", ["one", "", "two"]],
    ["Windows line ends", "one\r\ntwo\r\n", ["one", "two"]],
    ["a carriage return overwrites", "10 %\r20 %\r100 %\ndone\n", ["100 %", "done"]],
    ["what is not overwritten stays", "abcdef\rXY\n", ["XYcdef"]],
    ["a carriage return at the end shows the line until more comes", "100 %\r", ["100 %"]],
    ["erasing takes the rest away", "abcdef\r\u001B[KXY\n", ["XY"]],
    [
      "cursor movement, titles and links are dropped",
      "\u001B[2J\u001B[1;1Hhi\u001B]0;title\u0007 there\u001B[>4;2m\u001B[38:2::1:2:3m\u0000\n",
      ["hi there"],
    ],
    ["umlauts and emoji survive", "größe ✓ 🚀\n", ["größe ✓ 🚀"]],
  ] as const;
  for (const [name, text, lines] of cases) test(name, () => assert.deepEqual(shown(text), lines));

  test("colours go on over line ends, until they are reset", () => {
    const [first, second, third] = shown("\u001B[31mred\nstill\u001B[0m plain\nplain\n");
    assert.equal(first, "\u001B[31mred");
    assert.equal(second, "\u001B[31mstill\u001B[0m plain");
    assert.equal(third, "plain");
  });

  test("overwriting keeps the colours of what stays", () => {
    const [line = ""] = shown("ab\u001B[32mcdef\rXY\n");
    assert.equal(plainText(line), "XYcdef");
    assert.ok(line.endsWith("\u001B[32mcdef"), JSON.stringify(line));
  });

  test("a reset begins anew", () => {
    const log = new StepLog();
    log.append(chunk("old\u001B[31m\nhalf"));
    log.append(chunk("new\n", true, 7));
    assert.deepEqual(linesOf(log), ["new"]);
    assert.equal(log.droppedBytes, 7);
  });

  test("keeps the newest lines and their numbers", () => {
    const log = new StepLog();
    const total = logLimits.lines + 3;
    log.append(chunk(Array.from({ length: total }, (_, index) => `line ${index}\n`).join("")));
    assert.equal(log.firstLine, logLimits.dropBlock);
    assert.equal(log.endLine, total);
    assert.equal(log.line(log.firstLine), `line ${logLimits.dropBlock}`);
    assert.equal(log.line(total - 1), `line ${total - 1}`);
    assert.equal(log.line(0), "");
  });

  test("an endless line is cut, however it comes", () => {
    const log = new StepLog();
    for (let index = 0; index < 100; index += 1) log.append(chunk("x".repeat(1_000)));
    assert.equal(log.line(0).length, logLimits.lineLength);
    log.append(chunk("\nnext\n"));
    assert.equal(log.line(1), "next");
  });
});
