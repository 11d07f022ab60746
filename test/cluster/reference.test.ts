import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ClusterConnections } from "../../src/core/cluster/cluster.ts";
import { firstOf } from "../../src/core/cluster/first.ts";
import { writePinnedKubeconfig } from "../../src/core/cluster/pinnedKubeconfig.ts";
import { labBlockers } from "./blockers.ts";
import { labDown } from "./down.ts";
import { kubeconfigPath } from "./paths.ts";
import { labStatus } from "./status.ts";
import { labUp } from "./up.ts";

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env["CI"] ? [] : labBlockers();

describe("beside the Kubernetes project's own JavaScript client", { skip: blockers.join("; ") || false }, () => {
  const dir = mkdtempSync(join(tmpdir(), "reference-"));
  const connections = new ClusterConnections(process.env);
  let wasUp = true;

  before(async () => {
    wasUp = (await labStatus()).state === "up";
    await labUp();
  });

  after(async () => {
    connections.dispose();
    rmSync(dir, { recursive: true });
    if (!wasUp) await labDown();
  });

  it("a pinned kubeconfig leads it to the same nodes that we see", async () => {
    const connection = await connections.open({ kubeconfig: kubeconfigPath });
    const pinned = join(dir, "pinned.yaml");
    await writePinnedKubeconfig(pinned, connection.api.access);
    const reference = new KubeConfig();
    reference.loadFromFile(pinned);
    assert.deepEqual(
      reference.getContexts().map(({ name }) => name),
      [connection.name],
    );
    const { items } = await reference.makeApiClient(CoreV1Api).listNode();
    const theirs = items.map(({ metadata, status }) => [
      metadata?.name,
      status?.nodeInfo?.architecture,
      status?.nodeInfo?.kubeletVersion,
      status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True"),
    ]);
    const ours = (await firstOf(connection.nodes())).map((node) => [
      node.name,
      node.architecture,
      node.kubeletVersion,
      node.isReady,
    ]);
    assert.ok(ours.length >= 2);
    assert.deepEqual(lines(ours), lines(theirs));
  });
});

function lines(rows: readonly unknown[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}
