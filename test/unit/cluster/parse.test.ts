import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parseNode } from "../../../src/core/cluster/parseNode.ts";
import { parseWorkload } from "../../../src/core/cluster/parseWorkload.ts";
import { parseQuantity } from "../../../src/core/cluster/quantity.ts";
import { fixture } from "./fakeApi.ts";

function items(file: string): readonly { readonly kind: string; readonly metadata: { readonly name: string } }[] {
  return (JSON.parse(readFileSync(fixture("kube", file), "utf8")) as { items: ReturnType<typeof items> }).items;
}

function node(ready: string, message: string): unknown {
  const condition = { type: "Ready", status: ready, reason: "NodeStatusUnknown", message };
  return { metadata: { name: "n" }, status: { conditions: [condition] } };
}

describe("nodes", () => {
  const [amd64, arm64, cordoned, tainted] = items("nodes.json").map((object) => parseNode(object));

  test("tells what builds care about", () => {
    assert.deepEqual(arm64, {
      name: "node-arm64",
      architecture: "arm64",
      operatingSystem: "linux",
      isReady: true,
      isCordoned: false,
      kubeletVersion: "v1.37.2",
      allocatableCpu: 2,
      allocatableMemoryBytes: 25_209_405_440,
      taints: [],
      labels: arm64?.labels,
    });
    assert.equal(amd64?.architecture, "amd64");
    assert.equal(arm64?.labels["kubernetes.io/arch"], "arm64");
  });

  test("leaves out the taints that repeat a condition", () => {
    assert.equal(cordoned?.isCordoned, true);
    assert.deepEqual(cordoned?.taints, []);
    assert.deepEqual(tainted?.taints, ["arch=ppc64le:NoSchedule"]);
  });

  test("says why a node is not ready", () => {
    assert.equal(cordoned?.notReadyReason, "The node has not reported yet.");
    assert.equal(
      parseNode(node("Unknown", "Kubelet stopped posting node status."))?.notReadyReason,
      "The node has stopped reporting: Kubelet stopped posting node status.",
    );
    assert.equal(
      parseNode(node("False", "container runtime network not ready: cni plugin not initialized"))?.notReadyReason,
      "container runtime network not ready: cni plugin not initialized",
    );
    assert.equal(parseNode(node("False", ""))?.notReadyReason, "NodeStatusUnknown");
  });
});

describe("workloads", () => {
  const workloads = items("workloads.json").flatMap((item) =>
    item.kind === "Deployment" || item.kind === "StatefulSet" ? (parseWorkload(item.kind, item) ?? []) : [],
  );

  test("reads what buildx has made", () => {
    assert.deepEqual(
      workloads.map(({ kind, name, readyReplicas, replicas, wasReady, platforms }) => ({
        kind,
        name,
        ready: `${readyReplicas}/${replicas}`,
        wasReady,
        platforms,
      })),
      [
        { kind: "Deployment", name: "kube-amd64", ready: "2/2", wasReady: true, platforms: ["linux/amd64"] },
        { kind: "StatefulSet", name: "kube-arm64", ready: "0/1", wasReady: true, platforms: ["linux/arm64"] },
      ],
    );
  });

  test("keeps why a Deployment gets no pods", () => {
    const object: unknown = JSON.parse(readFileSync(fixture("kube/deployment-refused.json"), "utf8"));
    assert.match(
      parseWorkload("Deployment", object)?.refusal ?? "",
      /is forbidden: violates PodSecurity "baseline:latest"/,
    );
    assert.equal(parseWorkload("Deployment", object)?.wasReady, false);
    assert.equal(workloads[0]?.refusal, undefined);
  });
});

describe("quantities", () => {
  const cases: Readonly<Record<string, number | undefined>> = {
    "2": 2,
    "500m": 0.5,
    "1.5": 1.5,
    ".5": 0.5,
    "1Gi": 2 ** 30,
    "24618560Ki": 25_209_405_440,
    "1M": 1e6,
    "2k": 2000,
    "1e3": 1000,
    "12E2": 1200,
    "3E": 3e18,
    "2u": 2e-6,
    "": undefined,
    "1.5.2": undefined,
    Gi: undefined,
    "5 Gi": undefined,
  };
  for (const [text, number] of Object.entries(cases)) {
    test(`"${text}" is ${number}`, () => assert.equal(parseQuantity(text), number));
  }
});
