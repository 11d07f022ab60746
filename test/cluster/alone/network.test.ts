import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { Cable } from "../../cable.ts";
import { FollowedNodes } from "../../standin/followedNodes.ts";
import { isInApi } from "../api.ts";
import { LabBuilders } from "../labBuilders.ts";
import { labBlockers } from "../blockers.ts";
import { apiProcesses } from "../controlPlane.ts";
import { ports } from "../paths.ts";
import { kubectl, restartProcess, waitFor } from "../processes.ts";

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env.CI ? [] : labBlockers();

/** A cluster node of which there is only the object. */
const paperNode = "node-of-paper";

describe("the way to the cluster", { skip: blockers.join("; ") || false }, () => {
  let kubeconfig: string;
  const lab = new LabBuilders();
  let cable: Cable;

  before(async () => {
    await lab.up();
    await removePaperNode(); // of a run that was killed
    cable = await Cable.to(ports.api);
    kubeconfig = lab.kubeconfigBy(cable);
  });

  after(async () => {
    await cable?.[Symbol.asyncDispose]();
    await removePaperNode();
    await lab.dispose();
  });

  const faults: readonly (readonly [name: string, fault: () => void])[] = [
    ["is gone without a word", () => cable.die()],
    ["is cut", () => cable.cut()],
    [
      "is cut, and then gone without a word",
      () => {
        cable.die();
        cable.sever();
      },
    ],
  ];
  for (const [name, fault] of faults) {
    it(`${name}: what is shown is called stale within seconds, and right again when it is back`, async () => {
      await createPaperNode();
      await using followed = await FollowedNodes.of({ kubeconfig });
      await followed.soon("paper", ({ items }) => items.length === 3);
      fault();
      await followed.soon("stale", ({ status }) => status.kind === "stale");
      assert.equal(followed.nodes.seen.at(-1)?.items.length, 3);
      await removePaperNode();
      cable.mend();
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
    await removePaperNode();
  });

  async function removePaperNode(): Promise<void> {
    await kubectl("delete", "node", paperNode, "--ignore-not-found");
  }

  async function createPaperNode(): Promise<void> {
    const file = path.join(lab.dir, "node.json");
    writeFileSync(file, JSON.stringify(nodeObject()));
    await kubectl("create", "-f", file);
  }
});

function nodeObject(): unknown {
  return { apiVersion: "v1", kind: "Node", metadata: { name: paperNode, labels: { "kubernetes.io/arch": "arm64" } } };
}
