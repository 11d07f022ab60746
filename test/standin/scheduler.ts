import type { Disposable } from "../../src/core/event.ts";
import { bytesOf, coresOf } from "../../src/core/cluster/quantity.ts";
import { recordEvent } from "./eventRecorder.ts";
import { clusterNodes, pods } from "./kinds.ts";
import { keyOf, type KubeObject } from "./objects.ts";
import type { ClusterNodeObject, PodObject, PodSpec, Toleration } from "./podObjects.ts";
import { unschedulableStatus } from "./podStatus.ts";
import type { Change, Store } from "./store.ts";
import { WorkQueue } from "./workQueue.ts";

/** What pods on one cluster node take. */
interface Usage {
  readonly cores: number;
  readonly bytes: number;
  readonly count: number;
}

/** Finds a cluster node for each pod, or says why there is none, in the words of Kubernetes' scheduler. */
export class Scheduler implements Disposable {
  readonly #store: Store;
  readonly #waiting = new Map<string, KubeObject["metadata"]>();
  readonly #queue = new WorkQueue(() => this.#run());

  constructor(store: Store) {
    this.#store = store;
    store.onDidChange((change) => this.#note(change));
  }

  dispose(): void {
    this.#queue.dispose();
  }

  #note({ kind, type, object, previous }: Change): void {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (kind === pods) {
      if (isWaiting(object as PodObject) && type !== "DELETED") this.#waiting.set(key, object.metadata);
      else this.#waiting.delete(key);
      // A status that only we have written is no reason to look again; a pod that has gone has left room.
      if (type !== "MODIFIED" || previous?.metadata.generation !== object.metadata.generation) this.#soon();
    } else if (kind === clusterNodes) {
      this.#soon();
    }
  }

  #soon(): void {
    if (this.#waiting.size > 0) this.#queue.add("");
  }

  #run(): void {
    const usages = this.#usages();
    for (const { namespace, name } of this.#waiting.values()) {
      const pod = this.#store.find(pods, namespace, name) as PodObject | undefined;
      if (pod) this.#place(pod, usages);
    }
  }

  #place(pod: PodObject, usages: Map<string, Usage>): void {
    const reasons = new Map<string, number>();
    const candidates = this.#store.list(clusterNodes) as readonly ClusterNodeObject[];
    const fitting = candidates.find((clusterNode) => {
      const against = reasonsAgainst(pod.spec, clusterNode, usages.get(clusterNode.metadata.name));
      for (const reason of against) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      return against.length === 0;
    });
    if (fitting) {
      const { name } = fitting.metadata;
      usages.set(name, plus(usages.get(name), pod.spec));
      this.#store.update(pods, pod, (current) => ({
        ...current,
        spec: { ...(current as PodObject).spec, nodeName: name },
      }));
      const message = `Successfully assigned ${pod.metadata.namespace ?? ""}/${pod.metadata.name} to ${name}`;
      recordEvent(this.#store, pod, { reason: "Scheduled", message, component: "default-scheduler" });
      return;
    }
    const message = messageOf(candidates.length, reasons);
    if (pod.status?.conditions?.some((condition) => condition.message === message)) return;
    this.#store.update(pods, pod, (current) => ({ ...current, status: unschedulableStatus(message) }));
    const happening = { type: "Warning", reason: "FailedScheduling", message } as const;
    recordEvent(this.#store, pod, { ...happening, component: "default-scheduler" });
  }

  #usages(): Map<string, Usage> {
    const usages = new Map<string, Usage>();
    for (const object of this.#store.all(pods)) {
      const { spec, status } = object as PodObject;
      if (spec.nodeName === undefined || status?.phase === "Succeeded" || status?.phase === "Failed") continue;
      usages.set(spec.nodeName, plus(usages.get(spec.nodeName), spec));
    }
    return usages;
  }
}

function isWaiting({ spec, metadata }: PodObject): boolean {
  return spec.nodeName === undefined && metadata.deletionTimestamp === undefined;
}

/** In the order of the scheduler's plugins; the first one that says no is the last that is asked. */
function reasonsAgainst(spec: PodSpec, clusterNode: ClusterNodeObject, usage: Usage | undefined): readonly string[] {
  const { metadata, spec: nodeSpec, status } = clusterNode;
  if (nodeSpec?.unschedulable) return ["node(s) were unschedulable"];
  const isNodeReady = status?.conditions?.some((one) => one.type === "Ready" && one.status === "True");
  const taints = (nodeSpec?.taints ?? []).filter(({ effect }) => effect !== "PreferNoSchedule");
  if (!isNodeReady || !taints.every((taint) => (spec.tolerations ?? []).some((one) => tolerates(one, taint)))) {
    return ["node(s) had untolerated taint(s)"];
  }
  const wanted = Object.entries(spec.nodeSelector ?? {});
  if (!wanted.every(([key, value]) => metadata.labels?.[key] === value)) {
    return ["node(s) didn't match Pod's node affinity/selector"];
  }
  const { cores, bytes, count } = plus(usage, spec);
  const allocatable = status?.allocatable ?? {};
  return [
    ...(cores > coresOf(allocatable["cpu"]) ? ["Insufficient cpu"] : []),
    ...(bytes > bytesOf(allocatable["memory"]) ? ["Insufficient memory"] : []),
    ...(count > Number(allocatable["pods"] ?? Infinity) ? ["Too many pods"] : []),
  ];
}

function tolerates(
  { key, operator = "Equal", value = "", effect }: Toleration,
  taint: { readonly key: string; readonly value?: string; readonly effect: string },
): boolean {
  if (effect !== undefined && effect !== "" && effect !== taint.effect) return false;
  if (operator === "Exists") return key === undefined || key === "" || key === taint.key;
  return key === taint.key && value === (taint.value ?? "");
}

function plus(usage: Usage = { cores: 0, bytes: 0, count: 0 }, { containers = [] }: PodSpec): Usage {
  const requests = containers.map(({ resources }) => resources?.requests ?? {});
  return {
    cores: requests.reduce((sum, { cpu }) => sum + (cpu === undefined ? 0 : coresOf(cpu)), usage.cores),
    bytes: requests.reduce((sum, { memory }) => sum + (memory === undefined ? 0 : bytesOf(memory)), usage.bytes),
    count: usage.count + 1,
  };
}

function messageOf(count: number, reasons: ReadonlyMap<string, number>): string {
  if (count === 0) return "no nodes available to schedule pods";
  const texts = [...reasons].map(([reason, nodes]) => `${nodes} ${reason}`).toSorted();
  const available = `0/${count} nodes are available`;
  return `${available}: ${texts.join(", ")}. preemption: ${available}: ${count} Preemption is not helpful for scheduling.`;
}
