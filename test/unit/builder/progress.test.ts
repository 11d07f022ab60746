import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bootProgress, type BootedNode, isSettled } from "../../../src/core/builder/progress.ts";
import type { Pod, PodState, Workload } from "../../../src/core/cluster/objects.ts";

const ready: PodState = { kind: "ready" };
const terminating: PodState = { kind: "terminating", text: "being deleted" };
const pulling: PodState = { kind: "starting", text: "pulling the image" };
const unschedulable: PodState = { kind: "stuck", text: "no arm64 node has 4 free CPUs" };

function node(replicas = 1): BootedNode {
  return { architecture: "arm64", workload: "kube-arm64", replicas };
}

let pods = 0;
function pod(state: PodState, changes: Partial<Pod> = {}): Pod {
  const name = `pod-${++pods}`;
  const base = {
    uid: name,
    name,
    namespace: "build",
    app: "kube-arm64",
    phase: "Running",
    createdMs: pods,
    restarts: 0,
  };
  return { ...base, state, ...changes };
}

function workload(changes: Partial<Workload> = {}): Workload {
  const base = { kind: "Deployment", name: "kube-arm64", namespace: "build", uid: "u", replicas: 1 } as const;
  return { ...base, readyReplicas: 0, madeReplicas: 0, wasReady: false, platforms: ["linux/arm64"], ...changes };
}

function shown(booted: BootedNode, workloads: readonly Workload[], allPods: readonly Pod[]): string {
  return bootProgress([booted], { workloads, pods: allPods })
    .map(({ architecture, kind, text }) => `${architecture} ${kind}: ${text}`)
    .join();
}

describe("bootProgress", () => {
  const cases: readonly [behaviour: string, shown: string, expected: string][] = [
    ["waits for buildx before there is a workload", shown(node(), [], []), "arm64 waiting: waiting for buildx"],
    ["waits for pods when there is one", shown(node(), [workload()], []), "arm64 waiting: waiting for pods"],
    [
      "tells why the cluster makes no pods",
      shown(node(), [workload({ refusal: "violates PodSecurity" })], []),
      "arm64 stuck: violates PodSecurity",
    ],
    [
      "tells what a pod does and where",
      shown(node(), [workload()], [pod(pulling, { nodeName: "kube-b3" })]),
      "arm64 starting: pulling the image on kube-b3",
    ],
    [
      "tells the reason of a pod that is stuck before anything else",
      shown(node(2), [workload()], [pod(pulling), pod(unschedulable)]),
      "arm64 stuck: 0 of 2 ready, no arm64 node has 4 free CPUs",
    ],
    [
      "takes the newest of pods that are equally far",
      shown(node(), [workload()], [pod({ kind: "starting", text: "old" }), pod({ kind: "starting", text: "new" })]),
      "arm64 starting: new",
    ],
    [
      "is ready on the machines of all replicas",
      shown(node(2), [workload()], [pod(ready, { nodeName: "b3" }), pod(ready, { nodeName: "b4" }), pod(terminating)]),
      "arm64 ready: ready on b3, b4",
    ],
    [
      "does not take another builder's pods",
      shown(node(), [workload()], [pod(ready, { app: "other-arm64" })]),
      "arm64 waiting: waiting for pods",
    ],
  ];
  for (const [behaviour, actual, expected] of cases) {
    it(behaviour, () => assert.equal(actual, expected));
  }
});

describe("isSettled", () => {
  const cases: readonly [behaviour: string, pods: readonly Pod[], avoidsTerminating: boolean, expected: boolean][] = [
    ["is so when all replicas are ready", [pod(ready), pod(ready)], false, true],
    ["is not with a replica that is not ready", [pod(ready), pod(pulling)], true, false],
    ["is not with a replica missing", [pod(ready)], true, false],
    ["is not with a pod too many, which is about to go", [pod(ready), pod(ready), pod(ready)], true, false],
    ["is not while an old buildx may choose a pod that goes", [pod(ready), pod(ready), pod(terminating)], false, false],
    ["is so when buildx does not choose it", [pod(ready), pod(ready), pod(terminating)], true, true],
  ];
  for (const [behaviour, own, avoidsTerminating, expected] of cases) {
    it(behaviour, () => assert.equal(isSettled([node(2)], own, avoidsTerminating), expected));
  }
});
