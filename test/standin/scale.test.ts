import assert from "node:assert/strict";
import { test } from "node:test";
import { collections } from "../../src/core/cluster/collections.ts";
import { metadataOf } from "../../src/core/cluster/wire.ts";
import { connectTo, Follower } from "./client.ts";
import { Standin } from "./standin.ts";

test("holds 5,000 nodes and 20,000 pods, gives them in pages, and shows the change of one", async () => {
  await using standin = await Standin.start({ architectures: [] });
  for (const name of ["one", "two"]) standin.addNamespace(name);
  standin.seed({ nodes: 5000, pods: 20_000, namespaces: ["one", "two"], isBuildKit: true });
  const client = await connectTo(standin);
  const names = new Set<string>();
  for (let next: string | undefined = ""; next !== undefined;) {
    const page = await client.listPage("/api/v1/pods", {
      query: { limit: 500, continue: next === "" ? undefined : next },
    });
    for (const object of page.items) names.add(metadataOf(object).name ?? "");
    next = page.next;
  }
  assert.equal(names.size, 20_000);
  using nodes = new Follower(collections(client).nodes());
  using pods = new Follower(collections(client).pods("one"));
  await nodes.until(({ items }) => items.length === 5000);
  await pods.until(({ items }) => items.length === 10_000);
  const [first] = standin.pods.list("one");
  standin.pods.evict("one", first?.metadata.name ?? "");
  const { items } = await pods.until((watched) => watched.items.some(({ state }) => state.kind === "dead"));
  assert.equal(items.filter(({ state }) => state.kind === "ready").length >= 9999, true);
  client.dispose();
});
