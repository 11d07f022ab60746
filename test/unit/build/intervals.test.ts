import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Intervals, mergeIntervals } from "../../../src/core/build/intervals.ts";

/** One vertex that sent these events: `10-` starts at 10 ms, `10-15` says when that ended. */
function vertex(events: string): Intervals {
  const intervals = new Intervals();
  for (const event of events.split(" ").filter(Boolean)) {
    const [started, completed] = event.split("-");
    intervals.set(Number(started), completed ? Number(completed) : undefined);
  }
  return intervals;
}

function text(intervals: Intervals): string {
  return [...intervals].map(([started, completed]) => `${started}-${completed ?? ""}`).join(" ");
}

/** `5 in 10-15` of what is over, `0 in 10-, running since 10` of what is not. */
function merged(...all: readonly Intervals[]): string {
  const { durationMs, startedMs, completedMs, runningSinceMs } = mergeIntervals(all);
  if (startedMs === undefined) return `${durationMs}`;
  const since = runningSinceMs === undefined ? "" : `, running since ${runningSinceMs}`;
  return `${durationMs} in ${startedMs}-${completedMs ?? ""}${since}`;
}

describe("mergeIntervals", () => {
  const cases: readonly (readonly [name: string, events: string, expected: string])[] = [
    ["nothing has no times", "", "0"],
    ["one interval has its own length", "10-15", "5 in 10-15"],
    ["an open interval runs from its start", "10-", "0 in 10-, running since 10"],
    ["a restart adds its own time, not the pause", "10-15 20-22", "7 in 10-22"],
    ["the order of arrival does not matter", "20-22 10-15", "7 in 10-22"],
    ["overlapping intervals count once", "10-20 15-25", "15 in 10-25"],
    ["an interval inside another one adds nothing", "10-30 15-20", "20 in 10-30"],
    ["touching intervals are one", "10-20 20-", "0 in 10-, running since 10"],
    ["a gap keeps an open interval apart", "10-20 21-", "10 in 10-, running since 21"],
    ["an open interval takes in all that begin later", "10- 20-25 30-40", "0 in 10-, running since 10"],
    ["an event with a known start completes its interval", "10- 10-15", "5 in 10-15"],
    ["an event with a known start replaces its end", "10-15 10-18", "8 in 10-18"],
    ["a closed interval is not opened again", "10-15 10-", "5 in 10-15"],
    ["no length is an interval too", "10-10", "0 in 10-10"],
    ["an end before its start is the start", "10-5", "0 in 10-10"],
  ];
  for (const [name, events, expected] of cases)
    it(name, () => {
      assert.equal(merged(vertex(events)), expected);
    });

  it("counts the time that several vertices share once", () => {
    assert.equal(merged(vertex("10-20"), vertex(""), vertex("15-30")), "20 in 10-30");
  });
});

describe("Intervals", () => {
  const closings: readonly (readonly [name: string, events: string, endMs: number, expected: string])[] = [
    ["ends what is open and leaves the rest", "10-15 20- 25-", 30, "10-15 20-30 25-30"],
    ["leaves no negative time", "20-", 10, "20-20"],
  ];
  for (const [name, events, endMs, expected] of closings)
    it(`closing ${name}`, () => {
      const intervals = vertex(events);
      intervals.close(endMs);
      assert.equal(text(intervals), expected);
      assert.equal(intervals.isOpen, false);
    });

  it("is open while any interval is", () => {
    assert.deepEqual(
      ["", "10-15", "10- 20-25", "10-15 20-"].map((events) => vertex(events).isOpen),
      [false, false, true, true],
    );
  });

  it("knows the last time it was told", () => {
    assert.deepEqual(
      ["", "20- 10-15", "10-50 20-30"].map((events) => vertex(events).lastMs),
      [undefined, 20, 50],
    );
  });
});
