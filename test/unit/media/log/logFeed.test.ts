import { effect } from "@preact/signals";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LogFeed } from "../../../../media/log/logFeed.ts";

function start() {
  const asked: string[] = [];
  const frames: (() => void)[] = [];
  const feed = new LogFeed(
    (ids) => asked.push(ids.join(" ")),
    (callback) => frames.push(callback),
  );
  return { feed, asked, frames };
}

const chunk = (stepId: string, text: string) => ({ stepId, text, reset: false, droppedBytes: 0 });

describe("LogFeed", () => {
  test("a flood of messages is taken in once per frame", () => {
    const { feed, frames } = start();
    feed.watch(["a"]);
    let draws = 0;
    effect(() => {
      void feed.log("a").version.value;
      draws += 1;
    });
    for (let index = 0; index < 1_000; index += 1) feed.receive([chunk("a", `${index}\n`)]);
    assert.equal(frames.length, 1);
    frames.pop()?.();
    assert.equal(feed.log("a").log.endLine, 1_000);
    assert.equal(draws, 2);
  });
  test("asks only when the watched steps are others", () => {
    const { feed, asked } = start();
    feed.watch(["a", "b"]);
    feed.watch(["a", "b"]);
    feed.watch(["b"]);
    feed.rewatch();
    assert.deepEqual(asked, ["a b", "b", "b"]);
  });
  test("forgets the logs of steps that are not watched any more", () => {
    const { feed, frames } = start();
    feed.watch(["a"]);
    feed.receive([chunk("a", "text\n")]);
    frames.pop()?.();
    feed.watch(["b"]);
    feed.receive([chunk("a", "late\n")]);
    frames.pop()?.();
    assert.equal(feed.log("a").log.endLine, 0);
  });
});
