import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { placementsOf } from "../../../src/core/build/placement.ts";
import type { BuildPlan } from "../../../src/core/build/plan.ts";
import type { Placement } from "../../../src/core/build/snapshot.ts";
import type { ClusterNode, Pod } from "../../../src/core/cluster/objects.ts";

function planFor(platform: string): BuildPlan {
  const builderNode = {
    name: "kube_arm64",
    endpoint: "",
    platforms: [platform],
    driverOptions: {},
    kubernetes: { workload: "kube-arm64", namespace: "build", replicas: 1 },
  };
  return { builder: "kube", isMultiNode: false, platforms: [{ kind: "declared", platform, builderNode }] };
}

function clusterNode(name: string, architecture: string): ClusterNode {
  return {
    name,
    architecture,
    operatingSystem: "linux",
    isReady: true,
    isCordoned: false,
    kubeletVersion: "v1.37.2",
    allocatableCpu: 4,
    allocatableMemoryBytes: 1e9,
    taints: [],
    labels: {},
  };
}

function pod(name: string, nodeName: string | undefined, changes: Partial<Pod> = {}): Pod {
  return {
    uid: name,
    name,
    namespace: "build",
    app: "kube-arm64",
    phase: nodeName ? "Running" : "Pending",
    state: { kind: "ready" },
    nodeName,
    createdMs: 0,
    restarts: 0,
    ...changes,
  };
}

function placed(platform: string, clusterNodes: readonly ClusterNode[], pods: readonly Pod[]): Placement | undefined {
  return placementsOf(planFor(platform), { clusterNodes, pods })[0];
}

const nodes = [clusterNode("amd-1", "amd64"), clusterNode("arm-1", "arm64"), clusterNode("arm-2", "arm64")];

describe("placementsOf", () => {
  it("claims native when the cluster says so of the only pod, and names it", () => {
    assert.deepEqual(placed("linux/arm64", nodes, [pod("p", "arm-1")]), {
      platform: "linux/arm64",
      nativeness: "native",
      builderNode: "kube_arm64",
      clusterNodes: ["arm-1"],
      pod: "p",
    });
  });

  it("names no pod when several may have been used", () => {
    const placement = placed("linux/arm64", nodes, [pod("p", "arm-1"), pod("q", "arm-2")]);
    assert.deepEqual(
      [placement?.nativeness, placement?.clusterNodes, placement?.pod],
      ["native", ["arm-1", "arm-2"], undefined],
    );
  });

  it("names a machine once that runs two pods", () => {
    assert.deepEqual(placed("linux/arm64", nodes, [pod("p", "arm-1"), pod("q", "arm-1")])?.clusterNodes, ["arm-1"]);
  });

  it("calls it emulated when one pod runs on another architecture", () => {
    assert.equal(placed("linux/arm64", nodes, [pod("p", "arm-1"), pod("q", "amd-1")])?.nativeness, "emulated");
  });

  it("ignores pods that do not run, of other builders and of other namespaces", () => {
    const pods = [
      pod("p", "arm-1"),
      pod("pending", undefined),
      pod("done", "amd-1", { phase: "Succeeded" }),
      pod("other", "amd-1", { app: "other" }),
      pod("elsewhere", "amd-1", { namespace: "default" }),
    ];
    assert.equal(placed("linux/arm64", nodes, pods)?.pod, "p");
  });

  const unknown: readonly [what: string, platform: string, nodes: readonly ClusterNode[], pods: readonly Pod[]][] = [
    ["there is no pod yet", "linux/arm64", nodes, []],
    ["the machine is not listed", "linux/arm64", [], [pod("p", "arm-1")]],
    ["32-bit Arm runs on a 64-bit machine", "linux/arm/v7", nodes, [pod("p", "arm-1")]],
  ];
  for (const [what, platform, clusterNodes, pods] of unknown) {
    it(`claims nothing when ${what}`, () => {
      assert.equal(placed(platform, clusterNodes, pods)?.nativeness, "unknown");
    });
  }

  it("knows that amd64 runs 386 itself", () => {
    assert.equal(placed("linux/386", nodes, [pod("p", "amd-1")])?.nativeness, "native");
  });

  it("says why it is not sure where a platform is built", () => {
    const doubtful: BuildPlan = {
      builder: "kube",
      isMultiNode: true,
      platforms: [{ kind: "undeclared", platform: "linux/s390x", reason: "No node is declared for it." }],
    };
    assert.deepEqual(placementsOf(doubtful, { clusterNodes: nodes, pods: [pod("p", "arm-1")] }), [
      { platform: "linux/s390x", nativeness: "unknown", builderNode: undefined, doubt: "No node is declared for it." },
    ]);
  });

  it("claims nothing without a cluster", () => {
    assert.deepEqual(placementsOf(planFor("linux/arm64"), undefined), [
      { platform: "linux/arm64", nativeness: "unknown", builderNode: "kube_arm64" },
    ]);
  });
});
