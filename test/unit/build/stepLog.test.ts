import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StepLog, type LogStream } from "../../../src/core/build/stepLog.ts";

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString("base64");

/** A log that got these chunks on one stream. */
function logOf(chunks: readonly (Buffer | string)[], maxBytes?: number): StepLog {
  const log = new StepLog(maxBytes);
  const stream: LogStream = {};
  for (const chunk of chunks) log.append(stream, base64(chunk), undefined);
  return log;
}

/** Its bytes one by one. */
function bytesOf(text: string): readonly Buffer[] {
  return [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
}

describe("StepLog", () => {
  const cuts: readonly (readonly [name: string, text: string])[] = [
    ["characters of several bytes", "größer ✓ 日本 👩‍🚀"],
    ["colours", "\u001b[1;31mred\u001b[0m"],
    ["line ends and overwritten lines", "10 %\r50 %\r\ndone\n"],
    ["thousands of pieces", "a".repeat(3000)],
  ];
  for (const [name, text] of cuts)
    it(`puts ${name} together that were cut anywhere`, () => {
      assert.equal(logOf(bytesOf(text)).read().text, text);
    });

  it("keeps the cut characters of two streams apart", () => {
    const [first, second] = [Buffer.from("é"), Buffer.from("ü")];
    const [out, err]: readonly LogStream[] = [{}, {}];
    const log = new StepLog();
    for (const half of [0, 1]) {
      if (out) log.append(out, base64(first.subarray(half, half + 1)), undefined);
      if (err) log.append(err, base64(second.subarray(half, half + 1)), undefined);
    }
    assert.equal(log.read().text, "éü");
  });

  it("keeps the order of two streams", () => {
    const [out, err]: readonly [LogStream, LogStream] = [{}, {}];
    const log = new StepLog();
    log.append(out, base64("1"), undefined);
    log.append(err, base64("2"), undefined);
    log.append(out, base64("3"), undefined);
    assert.equal(log.read().text, "123");
  });

  it("shows bytes that are no text as such and goes on", () => {
    assert.equal(logOf([Buffer.from([0xff, 0x41]), "b"]).read().text, "\ufffdAb");
  });

  it("takes broken base64 for what can be read of it", () => {
    const log = new StepLog();
    for (const broken of ["", "=", "====", "%%%", "aGk"]) log.append({}, broken, undefined);
    assert.equal(log.read().text, "hi");
  });

  it("gives each reader what has come since it last read", () => {
    const stream: LogStream = {};
    const log = logOf(["one "]);
    const { next } = log.read();
    assert.equal(log.read(next).text, "");
    log.append(stream, base64("two "), undefined);
    const later = log.read(next);
    log.append(stream, base64("three"), undefined);
    assert.deepEqual([later.text, log.read(later.next).text, log.read().text], ["two ", "three", "one two three"]);
  });

  it("joins a character that is cut where a reader stopped", () => {
    const [lead, ...rest] = bytesOf("✓");
    const stream: LogStream = {};
    const log = new StepLog();
    if (lead) log.append(stream, base64(lead), undefined);
    const { text, next } = log.read();
    for (const byte of rest) log.append(stream, base64(byte), undefined);
    assert.deepEqual([text, log.read(next).text], ["", "✓"]);
  });

  it("drops the oldest output, by its bytes, and tells a reader who has missed it", () => {
    const log = new StepLog(8);
    const stream: LogStream = {};
    const positions = ["1234", "éé", "abcd", "ef"].map((text) => {
      log.append(stream, base64(text), undefined);
      return log.read().next;
    });
    const [missed = 0, , kept = 0] = positions;
    assert.deepEqual(log.read(kept), { text: "ef", next: positions[3], reset: false, droppedBytes: 8 });
    assert.deepEqual(log.read(missed), { text: "abcdef", next: positions[3], reset: true, droppedBytes: 8 });
  });

  it("drops nothing while it fits to the byte", () => {
    const { text, droppedBytes } = logOf(["1234", "567", "8"], 8).read();
    assert.deepEqual([text, droppedBytes], ["12345678", 0]);
  });

  it("keeps the last output even when that alone is too long", () => {
    assert.equal(logOf(["much too long"], 4).read().text, "much too long");
  });

  it("knows when it was last written to", () => {
    const log = new StepLog();
    assert.equal(log.lastTime, undefined);
    log.append({}, "", "2026-11-23T14:47:40Z");
    log.append({}, "", undefined);
    assert.equal(log.lastTime, "2026-11-23T14:47:40Z");
  });

  it("keeps to its limit when large chunks come after small ones", () => {
    const log = new StepLog(1_000_000);
    const stream: LogStream = {};
    for (let at = 0; at < 15; at++) log.append(stream, base64("a".repeat(65_536)), undefined);
    for (let at = 0; at < 3; at++) log.append(stream, base64("b".repeat(900_000)), undefined);
    const { text, droppedBytes } = log.read();
    assert.ok(text.length <= 1_000_000, `${text.length} bytes kept`);
    assert.equal(text.length + droppedBytes, 15 * 65_536 + 3 * 900_000);
  });
});
