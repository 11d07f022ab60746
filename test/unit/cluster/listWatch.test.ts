import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { KubeApi } from "../../../src/core/cluster/api.ts";
import { firstOf } from "../../../src/core/cluster/first.ts";
import { ListWatch, type Pacing, type Resource } from "../../../src/core/cluster/listWatch.ts";
import type { Watched } from "../../../src/core/cluster/objects.ts";
import type { Disposable } from "../../../src/core/event.ts";
import { accessTo, event, FakeApi, forbid, list, type SeenRequest, status } from "./fakeApi.ts";

/** Time that stands still but for pauses, which last no time and are noted. */
class TestPacing implements Pacing {
  readonly pausesMs: number[] = [];
  timeMs = 0;
  /** How far time goes on whenever somebody looks at the clock. */
  stepMs = 0;
  /** While set, pauses do not end by themselves. */
  isHeld = false;

  now(): number {
    this.timeMs += this.stepMs;
    return this.timeMs;
  }

  async delay(delayMs: number, signal: AbortSignal): Promise<void> {
    this.pausesMs.push(delayMs);
    this.timeMs += delayMs;
    if (!this.isHeld) return;
    await new Promise<void>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  }

  random(): number {
    return 1;
  }
}

function parse(object: unknown): string | undefined {
  const { metadata, shown } = object as { metadata: { name: string }; shown?: string };
  return shown === "no" ? undefined : (shown ?? metadata.name);
}

type Answer = (response: ServerResponse, request: SeenRequest) => void;

/** One collection on a server that answers lists and watches as told, each in turn; the last answer is repeated. */
class Bench implements AsyncDisposable {
  readonly pacing = new TestPacing();
  readonly api: KubeApi;
  readonly names: Resource<string>;
  readonly server: FakeApi;

  private constructor(server: FakeApi) {
    this.server = server;
    this.api = new KubeApi(accessTo(server.url), {});
    const attempt = { verbs: "list, watch", resource: "things" };
    this.names = new ListWatch(this.api, { path: "/api/v1/things", labelSelector: "app", parse, attempt }, this.pacing);
  }

  static async start(lists: readonly Answer[], watches: readonly Answer[]): Promise<Bench> {
    const left = { lists: [...lists], watches: [...watches] };
    const next = (answers: Answer[]): Answer => (answers.length > 1 ? answers.shift() : answers[0]) ?? silence;
    return new Bench(
      await FakeApi.start((request, response) => {
        const isWatch = request.url.searchParams.has("watch");
        next(isWatch ? left.watches : left.lists)(response, request);
      }),
    );
  }

  /** Resolves with the first snapshot that looks so. */
  async until(check: (snapshot: Watched<string>) => boolean): Promise<Watched<string>> {
    const { promise, resolve } = Promise.withResolvers<Watched<string>>();
    const subscription = this.names.onDidChange((snapshot) => {
      if (check(snapshot)) resolve(snapshot);
    });
    if (check(this.names.current)) resolve(this.names.current);
    keep(subscription);
    return promise;
  }

  async untilItems(...items: readonly string[]): Promise<Watched<string>> {
    return this.until((snapshot) => snapshot.items.join() === items.join() && snapshot.status.kind === "live");
  }

  /** What was asked, in short. */
  get asked(): readonly string[] {
    return this.server.requests.map(({ url: { searchParams } }) => {
      const version = searchParams.get("resourceVersion") ?? "";
      return searchParams.has("watch") ? `watch ${version}` : `list ${searchParams.get("continue") ?? ""}`.trim();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of kept.splice(0)) subscription.dispose();
    this.api.dispose();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Subscriptions are kept to the end of the test, so that the watch goes on between two waits. */
const kept: Disposable[] = [];
function keep(subscription: Disposable): void {
  kept.push(subscription);
}

const thing = (name: string, resourceVersion = "1", shown?: string): object => ({
  metadata: { name, resourceVersion },
  shown,
});
const silence: Answer = (response) => response.flushHeaders();
const end: Answer = (response) => response.end();
const refuse: Answer = (response) => response.socket?.destroy();
const forbidden: Answer = (response) => forbid(response, "list", "things");
const things =
  (version: string, ...names: readonly string[]): Answer =>
  (response) =>
    list(
      response,
      names.map((name) => thing(name)),
      version,
    );

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
    assert.equal(bench.server.requests[0]?.url.searchParams.get("limit"), "500");
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
  test("fails what is not known yet, with the reason, and pauses up to half a minute", async () => {
    await using bench = await Bench.start([(response) => status(response, 503, "", "etcd is down")], []);
    const { status: failed } = await bench.until((snapshot) => snapshot.status.kind === "failed");
    assert.deepEqual(failed, { kind: "failed", reason: "Cluster lab answered: etcd is down" });
    await bench.server.seen(10);
    assert.deepEqual(bench.pacing.pausesMs.slice(0, 9), [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  test("leaves what was known, marked as stale, until it is back", async () => {
    await using bench = await Bench.start([things("1", "a")], [refuse, refuse, refuse, silence]);
    const stale = await bench.until((snapshot) => snapshot.status.kind === "stale");
    assert.deepEqual(stale.items, ["a"]);
    assert.match(stale.status.kind === "stale" ? stale.status.reason : "", /has closed the connection\.$/);
    await bench.untilItems("a");
  });

  test("is asked at once on request", async () => {
    const answers: Answer[] = [(response) => status(response, 500, "", "no"), things("1", "a")];
    await using bench = await Bench.start(answers, [silence]);
    bench.pacing.isHeld = true;
    await bench.until((snapshot) => snapshot.status.kind === "failed");
    bench.names.retry();
    await bench.untilItems("a");
  });
});

describe("a collection that is forbidden", () => {
  test("says what is missing, and is asked for again only after a minute", async () => {
    await using bench = await Bench.start([forbidden, things("1", "a")], [silence]);
    const { status: failed } = await bench.until((snapshot) => snapshot.status.kind === "failed");
    const reason = "Not allowed to list things in cluster lab (needs list, watch on things).";
    assert.deepEqual(failed, { kind: "failed", reason });
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
