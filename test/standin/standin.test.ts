import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeApi, WatchEvent } from "../../src/core/cluster/api.ts";
import { ApiError } from "../../src/core/cluster/apiError.ts";
import { collections } from "../../src/core/cluster/collections.ts";
import { firstOf } from "../../src/core/cluster/first.ts";
import { deleteNamespace, ensureNamespace } from "../../src/core/cluster/namespaces.ts";
import { deleteBuilderObjects } from "../../src/core/cluster/removal.ts";
import { metadataOf } from "../../src/core/cluster/wire.ts";
import { findExisting, patchProbes } from "../../src/core/cluster/workloads.ts";
import { builderWorkload } from "./builderWorkload.ts";
import { connectTo, Follower } from "./client.ts";
import { Standin, type StandinOptions } from "./standin.ts";

const never = new AbortController().signal;
const podsPath = "/api/v1/namespaces/default/pods";
const deploymentsPath = "/apis/apps/v1/namespaces/default/deployments";

/** Runs a test with a stand-in and our client. */
async function withClient(
  options: StandinOptions,
  run: (standin: Standin, client: KubeApi) => Promise<void>,
): Promise<void> {
  await using standin = await Standin.start(options);
  const client = await connectTo(standin);
  await run(standin, client).finally(() => client.dispose());
}

describe("lists", () => {
  test("give all objects in pages, as they were at the first page", async () => {
    await withClient({}, async (standin, client) => {
      standin.seed({ nodes: 0, pods: 25 });
      const before = standin.pods.list("default").map(({ metadata }) => metadata.name);
      const names: string[] = [];
      let next: string | undefined;
      do {
        const page = await client.listPage(podsPath, { query: { limit: 10, continue: next } });
        for (const object of page.items) names.push(metadataOf(object).name ?? "");
        const last = standin.pods.list("default").at(-1)?.metadata.name ?? "";
        standin.pods.delete("default", last, 0);
        next = page.next;
      } while (next !== undefined);
      assert.equal(before.length, 25);
      assert.deepEqual(names, before);
    });
  });

  test("are narrowed by selectors of labels and fields", async () => {
    await withClient({}, async (standin, client) => {
      standin.seed({ nodes: 0, pods: 30 });
      const [first] = standin.pods.list("default");
      const count = async (query: Readonly<Record<string, string>>): Promise<number> =>
        (await client.listPage(podsPath, { query })).items.length;
      assert.equal(await count({ labelSelector: "app=web-00001" }), 10);
      assert.equal(await count({ labelSelector: "app in (web-00000,web-00002)" }), 20);
      assert.equal(await count({ labelSelector: "app,app!=web-00000" }), 20);
      assert.equal(await count({ labelSelector: "!app" }), 0);
      assert.equal(await count({ fieldSelector: `metadata.name=${first?.metadata.name ?? ""}` }), 1);
      assert.equal(await count({ fieldSelector: `spec.nodeName=node-amd64` }), 15);
    });
  });

  test("cannot go on when the page is forgotten", async () => {
    await withClient({}, async (standin, client) => {
      standin.seed({ nodes: 0, pods: 20 });
      const { next } = await client.listPage(podsPath, { query: { limit: 10 } });
      standin.forget();
      await assert.rejects(client.listPage(podsPath, { query: { limit: 10, continue: next } }), {
        status: 410,
        reason: "Expired",
      });
    });
  });
});

describe("watches", () => {
  test("show what changes, with what begins or ceases to match", async () => {
    await withClient({}, async (standin, client) => {
      const query = { labelSelector: "app", resourceVersion: String(standin.store.version) };
      const events = reader(await client.watch(podsPath, { query }));
      const pod = { metadata: { name: "x", labels: { app: "a" } }, spec: {} };
      await client.request("POST", podsPath, { body: pod });
      assert.equal(await events.next(), "ADDED x");
      const patch = async (labels: unknown): Promise<unknown> =>
        client.request("PATCH", `${podsPath}/x`, {
          body: { metadata: { labels } },
          contentType: "application/merge-patch+json",
        });
      await patch({ app: "b" });
      // The scheduler and the kubelet change it, too.
      await events.until("MODIFIED x");
      await patch({ app: null });
      await events.until("DELETED x");
      await patch({ app: "c" });
      await events.until("ADDED x");
      await client.request("DELETE", `${podsPath}/x`, { query: { gracePeriodSeconds: 0 } });
      await events.until("DELETED x");
    });
  });

  test("go on from a resource version, and not from one that is forgotten", async () => {
    await withClient({}, async (standin, client) => {
      const { resourceVersion } = await client.listPage("/api/v1/nodes");
      standin.clusterNodes.add("late");
      const query = { resourceVersion };
      const events = reader(await client.watch("/api/v1/nodes", { query }));
      assert.equal(await events.next(), "ADDED late");
      standin.forget();
      const again = reader(await client.watch("/api/v1/nodes", { query }));
      await assert.rejects(again.next(), { status: 410, reason: "Expired" });
    });
  });

  test("get bookmarks when they ask for them, and end after their time", async () => {
    await withClient({}, async (standin, client) => {
      const version = String(standin.store.version);
      const query = { resourceVersion: version, allowWatchBookmarks: true, timeoutSeconds: 1 };
      const events = reader(await client.watch("/api/v1/nodes", { query }));
      standin.bookmark();
      assert.equal(await events.next(), `BOOKMARK ${version}`);
      assert.equal(await events.next(), "end");
    });
  });
});

describe("objects", () => {
  test("a Deployment gets pods on the right nodes, and all goes with it", async () => {
    await withClient({}, async (_standin, client) => {
      const workload = builderWorkload("Deployment", "quick");
      await client.request("POST", deploymentsPath, { body: workload });
      const { pods, workloads } = followed(client);
      using ready = new Follower(workloads);
      using followedPods = new Follower(pods);
      await ready.until(({ items }) => items[0]?.readyReplicas === 1);
      const { items } = await followedPods.until((watched) => watched.items[0]?.state.kind === "ready");
      assert.deepEqual(
        items.map(({ app, nodeName }) => [app, nodeName]),
        [["quick", "node-arm64"]],
      );
      const address = { kind: "Deployment", namespace: "default", name: "quick" } as const;
      assert.equal(await patchProbes(client, address), true);
      assert.equal(await patchProbes(client, address), false);
      assert.equal((await findExisting(client, "default", ["quick"])).length, 1);
      const deleted = await deleteBuilderObjects(client, "default", ["quick"]);
      assert.deepEqual(deleted, [{ kind: "Deployment", name: "quick" }]);
      await followedPods.until((watched) => watched.items.length === 0);
    });
  });

  test("a StatefulSet gets numbered pods", async () => {
    await withClient({}, async (standin, client) => {
      const body = builderWorkload("StatefulSet", "kept", { replicas: 2 });
      await client.request("POST", "/apis/apps/v1/namespaces/default/statefulsets", { body });
      await standin.until(() => standin.pods.list("default", "kept").length === 2);
      const names = standin.pods.list("default", "kept").map(({ metadata }) => metadata.name);
      assert.deepEqual(names, ["kept-0", "kept-1"]);
    });
  });

  test("pods that no node takes, or that may not be made, say why", async () => {
    await withClient({}, async (_standin, client) => {
      const { pods, workloads } = followed(client);
      using followedPods = new Follower(pods);
      using followedWorkloads = new Follower(workloads);
      const greedy = builderWorkload("Deployment", "greedy", { cpu: "64" });
      await client.request("POST", deploymentsPath, { body: greedy });
      const stuck = await followedPods.until(({ items }) => items[0]?.state.kind === "stuck");
      const [pod] = stuck.items;
      assert.equal(pod?.state.kind === "stuck" && pod.state.text, "no arm64 node has 64 free CPUs");
      const quota = { metadata: { name: "few" }, spec: { hard: { pods: "1" } } };
      await client.request("POST", "/api/v1/namespaces/default/resourcequotas", { body: quota });
      await client.request("POST", deploymentsPath, { body: builderWorkload("Deployment", "late") });
      const { items } = await followedWorkloads.until((watched) => watched.items.some(({ refusal }) => refusal));
      const refusal = items.find(({ name }) => name === "late")?.refusal ?? "";
      assert.match(refusal, /is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1$/);
    });
  });

  test("a container that is killed starts again, and tells how it ended", async () => {
    await withClient({}, async (standin, client) => {
      await client.request("POST", deploymentsPath, { body: builderWorkload("Deployment", "weak") });
      using pods = new Follower(followed(client).pods);
      const { items } = await pods.until((watched) => watched.items[0]?.state.kind === "ready");
      const name = items[0]?.name ?? "";
      standin.pods.kill("default", name, { exitCode: 137, reason: "OOMKilled" });
      await pods.until((watched) => watched.items[0]?.restarts === 1);
      const [status] = standin.pods.get("default", name).status?.containerStatuses ?? [];
      assert.equal(status?.lastState?.terminated?.reason, "OOMKilled");
      standin.pods.kill("default", name);
      const crashing = await pods.until((watched) => watched.items[0]?.state.kind === "stuck");
      assert.match(JSON.stringify(crashing.items[0]?.state), /keeps crashing \(1 restart\)/);
      standin.pods.evict("default", name);
      const evicted = await pods.until((watched) => watched.items.some(({ state }) => state.kind === "dead"));
      assert.match(JSON.stringify(evicted.items), /evicted: the node was low on resource: memory\./);
      await pods.until((watched) => watched.items.some(({ state }) => state.kind === "ready"));
    });
  });

  test("a namespace is made once and deleted with all that is in it", async () => {
    await withClient({}, async (standin, client) => {
      assert.equal(await ensureNamespace(client, "mine"), "created");
      assert.equal(await ensureNamespace(client, "mine"), "existed");
      await client.request("POST", "/apis/apps/v1/namespaces/mine/deployments", {
        body: builderWorkload("Deployment", "quick"),
      });
      await standin.until(() => standin.pods.list("mine").length === 1);
      assert.equal(await deleteNamespace(client, "mine", never), true);
      assert.equal(standin.pods.list("mine").length, 0);
      assert.equal(await deleteNamespace(client, "mine", never), false);
    });
  });
});

describe("access", () => {
  test("is refused without a known token, and given again", async () => {
    await withClient({}, async (standin, client) => {
      standin.access.revoke(standin.token);
      await assert.rejects(client.request("GET", "/api/v1/nodes"), { status: 401, message: "Unauthorized" });
      standin.access.accept(standin.token, "somebody");
      await client.request("GET", "/api/v1/nodes");
    });
  });

  test("is denied in the API server's words", async () => {
    await withClient({}, async (standin, client) => {
      const nodes = standin.deny({ verbs: ["list", "watch"], resource: "nodes" });
      standin.deny({ resource: "deployments", namespace: "default" });
      await assert.rejects(client.request("GET", "/api/v1/nodes"), {
        status: 403,
        message: 'nodes is forbidden: User "admin" cannot list resource "nodes" in API group "" at the cluster scope',
      });
      await assert.rejects(client.request("GET", `${deploymentsPath}/x`), {
        message:
          'deployments.apps "x" is forbidden: User "admin" cannot get resource "deployments" in API group "apps" in the namespace "default"',
      });
      await assert.rejects(firstOf(collections(client).nodes()), {
        message: "Not allowed to list nodes in cluster standin (needs list, watch on nodes).",
      });
      nodes.dispose();
      await client.request("GET", "/api/v1/nodes");
      await assert.rejects(client.request("GET", "/api/v1/nodes/none"), (error) => {
        assert.ok(error instanceof ApiError);
        assert.equal(error.message, 'nodes "none" not found');
        return error.status === 404;
      });
    });
  });
});

function followed(client: KubeApi) {
  const all = collections(client);
  return { pods: all.pods("default"), workloads: all.workloads("default") };
}

/** Events as `TYPE name`, one after the other; `end` after the last. */
function reader(events: AsyncIterable<WatchEvent>) {
  const iterator = events[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { done, value } = await iterator.next();
    if (done) return "end";
    const { name, resourceVersion } = metadataOf(value.object);
    return `${value.type} ${name ?? resourceVersion ?? ""}`;
  };
  const until = async (wanted: string): Promise<void> => {
    for (let text = await next(); text !== wanted; text = await next()) assert.notEqual(text, "end");
  };
  return { next, until };
}
