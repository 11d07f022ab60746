import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import type { KubeApi } from "../../src/core/cluster/api.ts";
import { ListWatch } from "../../src/core/cluster/listWatch.ts";
import { parseNode } from "../../src/core/cluster/parseNode.ts";
import { connectTo, Follower, impatient } from "./client.ts";
import type { Fault } from "./faults.ts";
import { heldMiB } from "../memory.ts";
import { Standin, type StandinOptions } from "./standin.ts";

const nodesPath = "/api/v1/nodes";

async function withClient(
  run: (standin: Standin, client: KubeApi) => Promise<void>,
  options: StandinOptions = {},
): Promise<void> {
  await using standin = await Standin.start(options);
  const client = await connectTo(standin);
  await run(standin, client).finally(() => client.dispose());
}

/** Our watched collection of nodes. */
function nodesOf(client: KubeApi) {
  const attempt = { verbs: "list, watch", resource: "nodes" };
  return new Follower(new ListWatch(client, { path: nodesPath, parse: parseNode, attempt }, impatient));
}

describe("a fault meets new requests", () => {
  const refusals: readonly (readonly [Fault, { readonly status: number; readonly reason: string }])[] = [
    [
      { kind: "status", code: 401 },
      { status: 401, reason: "Unauthorized" },
    ],
    [
      { kind: "status", code: 403 },
      { status: 403, reason: "Forbidden" },
    ],
    [
      { kind: "status", code: 404 },
      { status: 404, reason: "NotFound" },
    ],
    [
      { kind: "status", code: 410 },
      { status: 410, reason: "Expired" },
    ],
    [
      { kind: "status", code: 429, retryAfter: 1 },
      { status: 429, reason: "TooManyRequests" },
    ],
    [
      { kind: "status", code: 500 },
      { status: 500, reason: "InternalError" },
    ],
    [
      { kind: "status", code: 503, retryAfter: 5, message: "down" },
      { status: 503, reason: "ServiceUnavailable" },
    ],
  ];
  for (const [fault, expected] of refusals) {
    test(`with status ${expected.status}`, async () => {
      await withClient(async (standin, client) => {
        const active = standin.faults.add(fault, { resource: "nodes" });
        await assert.rejects(client.request("GET", nodesPath), expected);
        await client.request("GET", "/api/v1/namespaces");
        active.dispose();
        await client.request("GET", nodesPath);
        assert.equal(active.hits, 1);
      });
    });
  }

  test("with Retry-After", async () => {
    await using standin = await Standin.start({ certificate: "none" });
    standin.faults.add({ kind: "status", code: 429, retryAfter: 7 });
    const { status, headers } = await fetch(`${standin.url}${nodesPath}`);
    assert.deepEqual([status, headers.get("retry-after")], [429, "7"]);
  });

  test("so many times", async () => {
    await withClient(async (standin, client) => {
      standin.faults.add({ kind: "status", code: 500 }, { verb: "list", count: 2 });
      await assert.rejects(client.request("GET", nodesPath), { status: 500 });
      await assert.rejects(client.request("GET", nodesPath), { status: 500 });
      await client.request("GET", nodesPath);
      assert.deepEqual(standin.faults.active, []);
    });
  });

  test("by a delay", async () => {
    await withClient(async (standin, client) => {
      standin.faults.add({ kind: "delay", delayMs: 100 });
      const startedMs = performance.now();
      await client.request("GET", nodesPath);
      assert.ok(performance.now() - startedMs >= 99);
    });
  });

  test("by hanging, until it is gone", async () => {
    await withClient(async (standin, client) => {
      const hang = standin.faults.add({ kind: "hang" });
      const answer = client.request("GET", nodesPath);
      await standin.until(() => standin.running.length === 1);
      await assert.rejects(client.request("GET", nodesPath, { timeoutMs: 50 }), { name: "RequestTimeout" });
      hang.dispose();
      await answer;
    });
  });

  test("by cutting the connection, before the answer or within it", async () => {
    await withClient(async (standin, client) => {
      // Twice: what is read is asked for once more.
      standin.faults.add({ kind: "cut" }, { count: 2 });
      await assert.rejects(client.request("GET", nodesPath), { code: "ECONNRESET" });
      standin.faults.add({ kind: "cut", afterBytes: 10 }, { count: 1 });
      await assert.rejects(client.request("GET", nodesPath), { code: "ECONNRESET" });
      await client.request("GET", nodesPath);
    });
  });

  test("by silence, which outlives it on its connection", async () => {
    await withClient(
      async (standin, client) => {
        const halfOpen = standin.faults.add({ kind: "half-open" });
        const silence = assert.rejects(client.request("GET", nodesPath, { timeoutMs: 300 }), { phase: "answer" });
        await standin.until(() => halfOpen.hits === 1);
        halfOpen.dispose();
        await client.request("GET", nodesPath);
        await silence;
      },
      { isHttp1: true },
    );
  });

  test("by trickling", async () => {
    await withClient(async (standin, client) => {
      standin.faults.add({ kind: "slow", bytesPerSecond: 2000 });
      const startedMs = performance.now();
      await client.request("GET", "/version");
      assert.ok(performance.now() - startedMs >= 99);
    });
  });

  test("with garbage", async () => {
    await withClient(async (standin, client) => {
      standin.faults.add({ kind: "garbage", content: "html" }, { count: 1 });
      await assert.rejects(client.request("GET", nodesPath), SyntaxError);
      standin.faults.add({ kind: "garbage", content: "json" }, { count: 1 });
      await assert.rejects(client.request("GET", nodesPath), SyntaxError);
    });
  });

  test("without a server", async () => {
    await withClient(async (standin, client) => {
      await standin.server.stop();
      await assert.rejects(client.request("GET", nodesPath), { code: "ECONNREFUSED" });
      await standin.server.listen();
      await client.request("GET", nodesPath);
      standin.server.isDeaf = true;
      const deafened = await connectTo(standin, 100);
      await assert.rejects(deafened.request("GET", nodesPath), { phase: "connect" });
      standin.server.isDeaf = false;
      await deafened.request("GET", nodesPath);
      deafened.dispose();
    });
  });

  for (const [certificate, code] of [
    ["expired", "CERT_HAS_EXPIRED"],
    ["othername", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ] as const) {
    test(`by a certificate: ${certificate}`, async () => {
      await using standin = await Standin.start({ certificate });
      const client = await connectTo(standin);
      await assert.rejects(client.request("GET", nodesPath), { code });
      client.dispose();
    });
  }
});

describe("a fault meets running watches", () => {
  /** After the fault a change must be seen, and then the watch is as good as before. */
  async function recovers(fault: Fault, isHeldBack: boolean): Promise<void> {
    await withClient(async (standin, client) => {
      using nodes = nodesOf(client);
      await nodes.until(({ items }) => items.length === 2);
      await standin.until(() => standin.running.some(({ watch }) => watch !== undefined));
      const active = standin.faults.add(fault, { isWatch: true, count: 1 });
      assert.equal(active.hits, 1);
      standin.clusterNodes.add("late");
      if (!isHeldBack) await nodes.until(({ items }) => items.length === 3);
      standin.clusterNodes.add("later");
      if (!isHeldBack) await nodes.until(({ items, status }) => items.length === 4 && status.kind === "live");
      else assert.equal(nodes.seen.at(-1)?.items.length, 2);
    });
  }

  test("by cutting them", async () => recovers({ kind: "cut" }, false));
  test("by 410, once", async () => recovers({ kind: "expired" }, false));
  test("with garbage", async () => recovers({ kind: "garbage", content: "json" }, false));
  test("by silence", async () => recovers({ kind: "half-open" }, true));

  test("by holding them back", async () => {
    await withClient(async (standin, client) => {
      using nodes = nodesOf(client);
      await standin.until(() => standin.running.some(({ watch }) => watch !== undefined));
      const hang = standin.faults.add({ kind: "hang" }, { isWatch: true });
      standin.clusterNodes.add("late");
      hang.dispose();
      await nodes.until(({ items }) => items.length === 3);
    });
  });

  test("by slowing them", async () => {
    await withClient(async (standin, client) => {
      using nodes = nodesOf(client);
      await nodes.until(({ items }) => items.length === 2);
      await standin.until(() => standin.running.some(({ watch }) => watch !== undefined));
      const slow = standin.faults.add({ kind: "slow", bytesPerSecond: 1 }, { isWatch: true });
      standin.clusterNodes.add("late");
      assert.equal(slow.hits, 1);
      assert.equal(nodes.seen.at(-1)?.items.length, 2);
    });
  });

  for (const isHttp1 of [false, true])
    test(`a thousand times, and nothing is left of it (HTTP/${isHttp1 ? "1.1" : "2"})`, async () => {
      await withClient(
        async (standin, client) => {
          using nodes = nodesOf(client);
          const reconnect = async (times: number): Promise<number> => {
            for (let round = 0; round < times; round += 1) {
              await standin.until(() => standin.running.some(({ watch }) => watch !== undefined));
              standin.server.cut();
              await standin.until(() => standin.running.length === 0);
            }
            nodes.seen.length = 0;
            return heldMiB();
          };
          const before = await reconnect(200);
          const after = await reconnect(1_000);
          assert.ok(after - before < 3, `it grew by ${(after - before).toFixed(1)} MiB`);
          standin.clusterNodes.add("late");
          await nodes.until(({ items }) => items.length === 3);
        },
        { isHttp1 },
      );
    });

  test("by a server that forgets", async () => {
    await withClient(async (standin, client) => {
      using nodes = nodesOf(client);
      await standin.until(() => standin.running.some(({ watch }) => watch !== undefined));
      await standin.server.stop();
      standin.clusterNodes.remove("node-arm64");
      standin.forget();
      await standin.server.listen();
      await nodes.until(({ items, status }) => items.length === 1 && status.kind === "live");
    });
  });
});
