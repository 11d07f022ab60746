import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { kubectl } from "../cluster/processes.ts";
import type { TreeRow } from "../workbench/tree.ts";
import { openSession, type Session } from "./session.ts";

describe("builders", { timeout: 300_000 }, () => {
  let session: Session;

  before(async () => {
    session = await openSession({ files: { Dockerfile: "FROM scratch\n" } });
  });

  after(() => session?.close());

  it("shows the cluster's nodes by architecture before there is any builder", async () => {
    const { extension, window } = session;
    await extension.openExplorer();
    const rows = await window.tree().until("a ready node of each architecture", (all) => readyNodes(all).length === 2);
    assert.deepEqual(readyNodes(rows), ["node-amd64", "node-arm64"]);
    await window.screenshot("explorer without a builder");
  });

  it("refuses a name that is none, and says why", async () => {
    const { window } = session;
    const { quickPick } = window;
    await window.command("Multi-Arch Builds: Create Builder…");
    for (const step of [1, 2, 3]) {
      await quickPick.waitFor(`Create Builder (${step}/4)`);
      await quickPick.accept();
    }
    await quickPick.waitFor("Create Builder (4/4)");
    await quickPick.type("../x");
    await quickPick.accept();
    await quickPick.message("lower-case letter");
    await quickPick.cancel();
  });

  it("creates one with a pod per architecture, and the tree shows the pods", async () => {
    const { extension, window, namespace } = session;
    await extension.createBuilder({ namespace, name: "e2e" });
    const rows = await window.tree().until("two pods", (all) => podsOf(all, "e2e").length === 2);
    assert.equal(row(rows, "e2e")?.description, `kubernetes · lab/${namespace}`);
    assert.equal(row(rows, "e2e-amd64")?.description, "1 of 1 ready · linux/amd64");
    assert.equal(row(rows, "e2e-arm64")?.description, "1 of 1 ready · linux/arm64");
    for (const pod of podsOf(rows, "e2e")) {
      const { stdout } = await kubectl("get", "pod", pod.label, "-n", namespace, "-o", "jsonpath={.spec.nodeName}");
      assert.match(pod.description, new RegExp(`^${stdout} · `));
    }
    await window.screenshot("explorer with a builder");
  });

  it("shows that a pod has gone and another one has come", async () => {
    const { window, namespace } = session;
    const gone = podsOf(await window.treeRows(), "e2e-arm64")[0]?.label ?? "";
    await kubectl("delete", "pod", gone, "-n", namespace, "--force", "--grace-period=0");
    await window.tree().until("another pod, ready", (all) => {
      const [pod, ...others] = podsOf(all, "e2e-arm64");
      const isReady = row(all, "e2e-arm64")?.description === "1 of 1 ready · linux/arm64";
      return others.length === 0 && pod !== undefined && pod.label !== gone && isReady;
    });
    await window.screenshot("explorer after a pod was deleted");
  });

  it("removes it, and nothing is left in the cluster and on this machine", async () => {
    const { extension, window, namespace, stage } = session;
    await extension.removeBuilder("e2e");
    await window.tree().until("no such builder", (all) => row(all, "e2e") === undefined);
    const kinds = "deployments,replicasets,statefulsets,pods,configmaps,services,secrets";
    const { stdout } = await kubectl("get", kinds, "-n", namespace, "-o", "name");
    assert.deepEqual(stdout.split("\n"), ["configmap/kube-root-ca.crt"]);
    assert.deepEqual(readdirSync(path.join(stage.buildxDir, "instances")), []);
  });
});

const row = (rows: readonly TreeRow[], label: string): TreeRow | undefined => rows.find((one) => one.label === label);

function readyNodes(rows: readonly TreeRow[]): readonly string[] {
  return rows
    .filter(({ level, description }) => level === 3 && description.startsWith("Ready · "))
    .map(({ label }) => label);
}

/** The pods of a builder node, or of all nodes of a builder. */
const podsOf = (rows: readonly TreeRow[], prefix: string): readonly TreeRow[] =>
  rows.filter(({ level, label }) => level === 4 && label.startsWith(`${prefix}-`));
