import type { Faults } from "./faults.ts";
import { clusterNodes, pods } from "./kinds.ts";
import type { ClusterNodeObject, Condition, PodObject } from "./podObjects.ts";
import { withReadiness } from "./podStatus.ts";
import { withCondition } from "./podMaker.ts";
import { type ClusterNodeSeed, seedClusterNode } from "./seed.ts";
import type { Store } from "./store.ts";

/** What a test does to cluster nodes. One that is not there is an error. */
export class ClusterNodeControl {
  readonly #store: Store;
  readonly #faults: Faults;

  constructor(store: Store, faults: Faults) {
    this.#store = store;
    this.#faults = faults;
  }

  /** Adds a ready one. */
  add(name: string, seed: ClusterNodeSeed = {}): void {
    seedClusterNode(this.#store, name, seed);
  }

  remove(name: string): void {
    this.#store.remove(clusterNodes, this.#get(name));
  }

  cordon(name: string, isCordoned = true): void {
    const clusterNode = this.#get(name);
    this.#store.replace(clusterNodes, { ...clusterNode, spec: { ...clusterNode.spec, unschedulable: isCordoned } });
  }

  setReady(name: string, isReady: boolean, message = "container runtime is down"): void {
    const reason = isReady ? "KubeletReady" : "KubeletNotReady";
    const ready = {
      status: isReady ? "True" : "False",
      reason,
      message: isReady ? "kubelet is posting ready status" : message,
    };
    this.#setCondition(name, { type: "Ready", ...ready });
  }

  /** The machine is gone, and all connections into its pods are silent for ever. */
  lose(name: string): void {
    const message = "Kubelet stopped posting node status.";
    this.#setCondition(name, { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown", message });
    for (const object of this.#store.list(pods)) {
      const pod = object as PodObject;
      if (pod.spec.nodeName !== name) continue;
      const { namespace, name: podName } = pod.metadata;
      this.#faults.add({ kind: "half-open" }, { resource: "pods/exec", namespace, name: podName });
      // The node controller can only say that it does not know; the containers' own states stay.
      const conditions = withReadiness(pod.status ?? {}, false).conditions;
      this.#store.replace(pods, { ...pod, status: { ...pod.status, conditions } });
    }
  }

  #setCondition(name: string, condition: Condition): void {
    const clusterNode = this.#get(name);
    const conditions = withCondition(clusterNode.status?.conditions, condition);
    this.#store.replace(clusterNodes, { ...clusterNode, status: { ...clusterNode.status, conditions } });
  }

  #get(name: string): ClusterNodeObject {
    return this.#store.get(clusterNodes, undefined, name);
  }
}
