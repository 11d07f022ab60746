import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { Cable } from "../cable.ts";
import { FollowedNodes } from "../standin/followedNodes.ts";
import { isInApi } from "./api.ts";
import { labBlockers } from "./blockers.ts";
import { apiProcesses } from "./controlPlane.ts";
import { kubeconfigPath, ports } from "./paths.ts";
import { kubectl, restartProcess, waitFor } from "./processes.ts";
import { labUp } from "./up.ts";

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env.CI ? [] : labBlockers();

/** A cluster node of which there is only the object. */
const paperNode = "node-of-paper";

describe("the way to the cluster", { skip: blockers.join("; ") || false }, () => {
  const dir = mkdtempSync(path.join(tmpdir(), "network-"));
  const kubeconfig = path.join(dir, "kubeconfig");
  let cable: Cable;

  before(async () => {
    await labUp();
    cable = await Cable.to(ports.api);
    writeFileSync(kubeconfig, readFileSync(kubeconfigPath, "utf8").replace(`:${ports.api}`, `:${cable.port}`));
  });

  after(async () => {
    await cable?.[Symbol.asyncDispose]();
    await kubectl("delete", "node", paperNode, "--ignore-not-found");
    rmSync(dir, { recursive: true, force: true });
  });

  const faults: readonly (readonly [name: string, fault: () => void | Promise<void>, mend: () => void])[] = [
    ["is gone without a word", () => cable.die(), () => cable.mend()],
    ["is cut", () => cable.cut(), () => cable.mend()],
  ];
  for (const [name, fault, mend] of faults) {
    it(`${name}: what is shown is called stale within seconds, and right again when it is back`, async () => {
      await createPaperNode();
      await using followed = await FollowedNodes.of({ kubeconfig });
      await followed.soon("paper", ({ items }) => items.length === 3);
      await fault();
      await followed.soon("stale", ({ status }) => status.kind === "stale");
      assert.equal(followed.nodes.seen.at(-1)?.items.length, 3);
      await kubectl("delete", "node", paperNode);
      mend();
      await followed.soon("live", ({ status, items }) => status.kind === "live" && items.length === 2);
    });
  }

  it("leads to an API server that is restarted: the state is right again seconds after it is back", async () => {
    await using followed = await FollowedNodes.of({ kubeconfig });
    const [, apiServer] = apiProcesses();
    assert.ok(apiServer);
    await restartProcess(apiServer);
    await waitFor("the API server is back", 60, () => isInApi("/api/v1/namespaces/default"));
    await createPaperNode();
    await followed.soon("live", ({ status, items }) => status.kind === "live" && items.length === 3);
    await kubectl("delete", "node", paperNode);
  });

  async function createPaperNode(): Promise<void> {
    const file = path.join(dir, "node.json");
    writeFileSync(file, JSON.stringify(nodeObject()));
    await kubectl("create", "-f", file);
  }
});

function nodeObject(): unknown {
  return { apiVersion: "v1", kind: "Node", metadata: { name: paperNode, labels: { "kubernetes.io/arch": "arm64" } } };
}
