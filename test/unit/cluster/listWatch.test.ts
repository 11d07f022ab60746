import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { firstOf } from "../../../src/core/cluster/first.ts";
import { event, list, status } from "./fakeApi.ts";
import { type Answer, Bench, end, forbidden, keep, refuse, silence, thing, things } from "./watchBench.ts";

describe("a collection", () => {
  test("is listed in pages, then watched from there with bookmarks", async () => {
    await using bench = await Bench.start(
      [(response) => list(response, [thing("b")], "4", "page2"), things("5", "a")],
      [silence],
    );
    await bench.untilItems("a", "b");
    await bench.server.seen(3);
    const watch = bench.server.requests[2]?.url.searchParams;
    assert.deepEqual(bench.asked, ["list", "list page2", "watch 5"]);
    assert.equal(bench.server.requests[0]?.url.searchParams.get("limit"), "250");
    assert.equal(watch?.get("allowWatchBookmarks"), "true");
    assert.equal(watch.get("labelSelector"), "app");
    assert.ok(Number(watch.get("timeoutSeconds")) >= 300);
  });

  test("follows what is added, changed and deleted", async () => {
    await using bench = await Bench.start(
      [things("1", "a", "b")],
      [
        (response) => {
          event(response, "ADDED", thing("c", "2"));
          event(response, "DELETED", thing("a", "3"));
          event(response, "MODIFIED", thing("b", "4", "b!"));
        },
      ],
    );
    await bench.untilItems("b!", "c");
  });

  test("leaves out what its parser does not want, also when it changes to that", async () => {
    await using bench = await Bench.start(
      [(response) => list(response, [thing("a"), thing("b", "1", "no")], "1")],
      [
        (response) => {
          event(response, "ADDED", thing("c", "2"));
          event(response, "MODIFIED", thing("a", "3", "no"));
        },
      ],
    );
    await bench.untilItems("c");
  });

  test("tells many changes at once, and no change that does not show", async () => {
    await using bench = await Bench.start(
      [things("1", "a")],
      [
        (response) => {
          for (let index = 0; index < 500; index += 1) event(response, "MODIFIED", thing("a", `${index}`));
          for (let index = 0; index < 500; index += 1) event(response, "ADDED", thing(`n${index}`, `${index}`));
        },
      ],
    );
    let snapshots = 0;
    keep(bench.names.onDidChange(() => (snapshots += 1)));
    await bench.until(({ items }) => items.length === 501);
    assert.ok(snapshots < 20, `${snapshots} snapshots`);
  });

  test("hands out a new snapshot each time", async () => {
    const change = Promise.withResolvers<void>();
    await using bench = await Bench.start(
      [things("1", "a")],
      [(response) => void change.promise.then(() => event(response, "ADDED", thing("b", "2")))],
    );
    const before = await bench.untilItems("a");
    change.resolve();
    await bench.untilItems("a", "b");
    assert.deepEqual(before.items, ["a"]);
  });
});

describe("a watch that ends", () => {
  test("in good order is resumed at once where it was", async () => {
    await using bench = await Bench.start(
      [things("1", "a")],
      [
        (response) => {
          event(response, "BOOKMARK", thing("", "77"));
          response.end();
        },
        silence,
      ],
    );
    bench.pacing.stepMs = 300_000;
    await bench.untilItems("a");
    await bench.server.seen(3);
    assert.deepEqual(bench.asked, ["list", "watch 1", "watch 77"]);
    assert.deepEqual(bench.pacing.pausesMs, []);
  });

  test("as soon as it begins is not asked for again without a pause, which grows", async () => {
    await using bench = await Bench.start([things("1", "a")], [end, end, end, silence]);
    await bench.untilItems("a");
    await bench.server.seen(5);
    assert.deepEqual(bench.pacing.pausesMs, [250, 500, 1000]);
    assert.equal(bench.names.current.status.kind, "live");
  });

  for (const [name, expired] of [
    ["an answer", (response) => status(response, 410, "Expired", "too old resource version")],
    ["an event", (response) => event(response, "ERROR", { kind: "Status", code: 410, message: "too old" })],
  ] satisfies [string, Answer][]) {
    test(`with a version that is too old (${name}) is listed again, and what has gone is gone`, async () => {
      await using bench = await Bench.start([things("1", "a", "b"), things("9", "b", "c")], [expired, silence]);
      await bench.untilItems("b", "c");
      await bench.server.seen(4);
      assert.deepEqual(bench.asked, ["list", "watch 1", "list", "watch 9"]);
    });
  }

  for (const [name, fault] of [
    ["with a cut", (response) => response.socket?.destroy()],
    ["with garbage", (response) => response.write("<html>\n")],
  ] satisfies [string, Answer][]) {
    test(`once ${name} is resumed without alarm`, async () => {
      const kinds = new Set<string>();
      await using bench = await Bench.start(
        [things("1", "a")],
        [fault, (response) => event(response, "ADDED", thing("b", "2"))],
      );
      keep(bench.names.onDidChange(({ status: { kind } }) => kinds.add(kind)));
      await bench.untilItems("a", "b");
      assert.deepEqual([...kinds], ["live"]);
      assert.deepEqual(bench.asked, ["list", "watch 1", "watch 1"]);
    });
  }
});

describe("a server that is away", () => {
  test("fails what is not known yet, with the reason, and pauses up to four seconds", async () => {
    await using bench = await Bench.start([(response) => status(response, 503, "", "etcd is down")], []);
    const { status: failed } = await bench.until((snapshot) => snapshot.status.kind === "failed");
    assert.deepEqual(failed, { kind: "failed", reason: "Cluster lab answered: etcd is down" });
    await bench.server.seen(10);
    assert.deepEqual(bench.pacing.pausesMs.slice(0, 9), [250, 500, 1000, 2000, 4000, 4000, 4000, 4000, 4000]);
  });

  test("leaves what was known, marked as stale, until it is back", async () => {
    await using bench = await Bench.start([things("1", "a")], [refuse, refuse, refuse, silence]);
    const stale = await bench.until((snapshot) => snapshot.status.kind === "stale");
    assert.deepEqual(stale.items, ["a"]);
    assert.match(stale.status.kind === "stale" ? stale.status.reason : "", /has closed the connection\.$/);
    await bench.untilItems("a");
  });
});

test("a watch that is long in opening is called stale, and not the cluster silent", async () => {
  await using bench = await Bench.start([things("1", "a")], [() => undefined]);
  const { status: stale } = await bench.until((snapshot) => snapshot.status.kind === "stale");
  assert.deepEqual(stale, { kind: "stale", reason: "Cluster lab is being asked; this may be out of date." });
});

describe("a collection that is forbidden", () => {
  test("says what is missing, and is asked for again only after a minute", async () => {
    await using bench = await Bench.start([forbidden, things("1", "a")], [silence]);
    const { status: failed } = await bench.until((snapshot) => snapshot.status.kind === "failed");
    const reason = "Not allowed to list things in cluster lab (needs list, watch on things).";
    assert.equal(failed.kind === "failed" && failed.reason, reason);
    await bench.untilItems("a");
    assert.deepEqual(bench.pacing.pausesMs, [60_000]);
  });

  test("shows nothing any more when the right is taken away", async () => {
    await using bench = await Bench.start([things("1", "a"), forbidden], [forbidden]);
    bench.pacing.isHeld = true;
    const snapshot = await bench.until(({ status: { kind } }) => kind === "failed");
    assert.deepEqual(snapshot.items, []);
  });
});

describe("a sign-in that fails", () => {
  const missing = { apiVersion: "v1", command: "no-such-login", installHint: "Install it." };

  test("says what to do about it", async () => {
    await using bench = await Bench.start([], [], { exec: missing });
    const { status: failed } = await bench.until((snapshot) => snapshot.status.kind === "failed");
    assert.deepEqual(failed.kind === "failed" && failed.remedy, "Install it.");
    assert.equal(bench.server.requests.length, 0);
  });

  test("is tried again the later, the longer it took", async () => {
    for (const [stepMs, pauseMs] of [
      [1000, 20_000],
      [180_000, 600_000],
    ] as const) {
      await using bench = await Bench.start([], [], { exec: missing });
      bench.pacing.isHeld = true;
      bench.pacing.stepMs = stepMs;
      await bench.until((snapshot) => snapshot.status.kind === "failed");
      assert.deepEqual(bench.pacing.pausesMs, [pauseMs]);
    }
  });
});

describe("listeners", () => {
  test("begin the watch when they come, and end it when they go", async () => {
    const closed = Promise.withResolvers<void>();
    await using bench = await Bench.start(
      [things("1", "a"), things("2", "b")],
      [(response) => response.once("close", () => closed.resolve()).flushHeaders(), silence],
    );
    assert.deepEqual(bench.names.current, { status: { kind: "loading" }, items: [] });
    assert.equal(bench.server.requests.length, 0);
    const [first, second] = [bench.names.onDidChange(() => undefined), bench.names.onDidChange(() => undefined)];
    await bench.server.seen(2);
    first.dispose();
    first.dispose();
    assert.equal(bench.server.requests.length, 2);
    second.dispose();
    await closed.promise;
    assert.deepEqual(bench.names.current, { status: { kind: "loading" }, items: [] });
    await bench.untilItems("b");
  });

  test("that come and go at once leave no watch behind", async () => {
    await using bench = await Bench.start([things("1", "a")], [silence]);
    for (let index = 0; index < 20; index += 1) bench.names.onDidChange(() => undefined).dispose();
    await bench.untilItems("a");
    assert.equal(bench.asked.filter((request) => request.startsWith("watch")).length <= 1, true);
  });

  test("who want the items only once get them, or the reason", async () => {
    await using good = await Bench.start([things("1", "a")], [silence]);
    assert.deepEqual(await firstOf(good.names), ["a"]);
    await using bad = await Bench.start([(response) => status(response, 500, "", "no")], []);
    await assert.rejects(firstOf(bad.names), { name: "UserError", message: "Cluster lab answered: no" });
  });
});
