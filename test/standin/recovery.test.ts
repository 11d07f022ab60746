import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { ClusterConnections } from "../../src/core/cluster/cluster.ts";
import { Follower } from "./client.ts";
import { FollowedNodes } from "./followedNodes.ts";
import { Standin } from "./standin.ts";

describe("the state of a cluster", () => {
  test("is stale within seconds when its API server is stopped, and right again when it is back", async () => {
    await using standin = await Standin.start();
    await using followed = await FollowedNodes.of(standin);
    await standin.server.stop();
    await followed.soon("stale", ({ status }) => status.kind === "stale");
    standin.clusterNodes.remove("node-arm64");
    standin.clusterNodes.add("node-new", { architecture: "arm64" });
    await standin.server.listen();
    await followed.soon("live", ({ status, items }) => {
      return status.kind === "live" && items.map(({ name }) => name).join() === "node-amd64,node-new";
    });
  });

  test("misses nothing when its watch is cut, again and again", async () => {
    await using standin = await Standin.start();
    await using followed = await FollowedNodes.of(standin);
    for (const round of [1, 2, 3]) {
      const cut = standin.faults.add({ kind: "cut" }, { isWatch: true, count: 1 });
      standin.clusterNodes.add(`node-${round}`, { architecture: "amd64" });
      if (round > 1) standin.clusterNodes.remove(`node-${round - 1}`);
      await followed.soon(`round ${round}`, ({ status, items }) => {
        const names = items.map(({ name }) => name);
        return status.kind === "live" && names.includes(`node-${round}`) && !names.includes(`node-${round - 1}`);
      });
      cut.dispose();
    }
    assert.ok(followed.nodes.seen.every(({ status }) => status.kind !== "failed"));
  });

  test("is read anew when the server has forgotten where the watch was", async () => {
    await using standin = await Standin.start();
    await using followed = await FollowedNodes.of(standin);
    await standin.server.stop();
    standin.clusterNodes.remove("node-amd64");
    standin.forget();
    await standin.server.listen();
    await followed.soon("deletion", ({ status, items }) => status.kind === "live" && items.length === 1);
  });

  test("leaves the server alone as long as it wishes, and recovers then", async () => {
    await using standin = await Standin.start();
    const fault = standin.faults.add({ kind: "status", code: 429, retryAfter: 2 }, { resource: "nodes", count: 1 });
    const startMs = performance.now();
    await using followed = await FollowedNodes.of(standin);
    assert.equal(fault.hits, 1);
    assert.ok(performance.now() - startMs >= 2_000);
    assert.equal(followed.nodes.seen.find(({ status }) => status.kind === "failed") !== undefined, true);
  });

  test("says that the sign-in is refused, and is right again when the kubeconfig has a new token", async () => {
    await using standin = await Standin.start();
    await using followed = await FollowedNodes.of(standin);
    standin.access.revoke(standin.token);
    await standin.server.stop();
    await standin.server.listen();
    await followed.soon("refused", ({ status }) => {
      return status.kind === "stale" && /does not accept the sign-in of user admin/.test(status.reason);
    });
    standin.access.accept("new-token", "admin");
    standin.writeKubeconfig({ token: "new-token" });
    await followed.soon("live", ({ status }) => status.kind === "live");
  });

  test("shows what one may not see as that, and nothing else", async () => {
    await using standin = await Standin.start();
    const denial = standin.deny({ verbs: ["list", "watch"], resource: "nodes" });
    const connections = new ClusterConnections({});
    const connection = await connections.open({ kubeconfig: standin.kubeconfig });
    using nodes = new Follower(connection.nodes());
    using pods = new Follower(connection.pods("default"));
    const { status } = await nodes.until((watched) => watched.status.kind === "failed");
    assert.equal(
      status.kind === "failed" && status.reason,
      "Not allowed to list nodes in cluster standin (needs list, watch on nodes).",
    );
    await pods.until((watched) => watched.status.kind === "live");
    denial.dispose();
    connection.dispose();
    connections.dispose();
  });
});
