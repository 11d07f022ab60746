import type { Disposable } from "../../src/core/event.ts";
import { deployments, type Kind, pods, replicaSets, resourceQuotas, statefulSets } from "./kinds.ts";
import { controllerOf, keyOf, type KubeObject } from "./objects.ts";
import { Ownership } from "./ownership.ts";
import { deletePods, isReady, living, makePod, type PodRefusal, templateHash, withCondition } from "./podMaker.ts";
import type { Condition, WorkloadObject } from "./podObjects.ts";
import { Refusal } from "./refusal.ts";
import { ownedBy } from "./seed.ts";
import type { Change, Store } from "./store.ts";
import { WorkQueue } from "./workQueue.ts";

/** The controllers of Deployments, ReplicaSets and StatefulSets, as far as builders need them. */
export class WorkloadControllers implements Disposable {
  readonly #store: Store;
  readonly #refusal: PodRefusal;
  readonly #replicaSets: Ownership;
  readonly #pods: Ownership;
  readonly #queue = new WorkQueue((key) => this.#sync(key));

  constructor(store: Store, refusal: PodRefusal) {
    this.#store = store;
    this.#refusal = refusal;
    this.#replicaSets = new Ownership(store, replicaSets);
    this.#pods = new Ownership(store, pods);
    store.onDidChange((change) => this.#note(change));
  }

  /** Tries again to make the pods that were refused. */
  retry(): void {
    for (const kind of [replicaSets, statefulSets]) for (const object of this.#store.all(kind)) this.#add(kind, object);
  }

  dispose(): void {
    this.#queue.dispose();
  }

  #note({ kind, object }: Change): void {
    if (kind === deployments || kind === replicaSets || kind === statefulSets) this.#add(kind, object);
    if (kind === resourceQuotas) this.retry();
    const owner = controllerOf(object);
    const ownerKind = ownerKinds.find((one) => one.kind === owner?.kind);
    if (!owner || !ownerKind) return;
    this.#queue.add(`${ownerKind.plural}:${keyOf(object.metadata.namespace, owner.name)}`);
  }

  #add(kind: Kind, { metadata }: KubeObject): void {
    this.#queue.add(`${kind.plural}:${keyOf(metadata.namespace, metadata.name)}`);
  }

  #sync(queued: string): void {
    const [plural, key = ""] = queued.split(":");
    const [namespace, name = ""] = key.split("/");
    const kind = ownerKinds.find((one) => one.plural === plural);
    const object = kind && this.#store.find(kind, namespace, name);
    if (!object) return;
    const workload = object as WorkloadObject;
    if (kind === deployments) this.#syncDeployment(workload);
    else if (kind === replicaSets) this.#syncReplicaSet(workload);
    else this.#syncStatefulSet(workload);
  }

  #syncDeployment(deployment: WorkloadObject): void {
    const hash = templateHash(deployment);
    const wanted = deployment.spec.replicas ?? 1;
    const owned = this.#replicaSets.of(deployment.metadata.uid) as readonly WorkloadObject[];
    // One that was put there with its pods has a hash of its own, and counts as long as the template stays.
    const current =
      owned.find(({ metadata }) => isOfTemplate(metadata, hash)) ??
      (deployment.metadata.generation === 1 ? owned[0] : undefined) ??
      this.#makeReplicaSet(deployment, hash);
    this.#scale(current, wanted);
    const isReplaced = (current.status?.readyReplicas ?? 0) >= wanted;
    for (const old of owned) if (old !== current && isReplaced) this.#scale(old, 0);
    const failure = current.status?.conditions?.find(({ type }) => type === "ReplicaFailure");
    this.#setStatus(deployments, deployment, owned.includes(current) ? owned : [current], failure);
  }

  #makeReplicaSet(deployment: WorkloadObject, hash: string): WorkloadObject {
    const { metadata, spec } = deployment;
    const labels = { ...spec.template.metadata?.labels, "pod-template-hash": hash };
    return this.#store.create(replicaSets, {
      metadata: {
        name: `${metadata.name}-${hash}`,
        namespace: metadata.namespace,
        labels,
        annotations: metadata.annotations,
        ownerReferences: [ownedBy(deployment)],
      },
      spec: {
        replicas: spec.replicas,
        selector: { matchLabels: labels },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
      status: {},
    }) as WorkloadObject;
  }

  #scale(replicaSet: WorkloadObject, replicas: number): void {
    this.#store.update(replicaSets, replicaSet, (object) => ({
      ...object,
      spec: { ...(object as WorkloadObject).spec, replicas },
    }));
  }

  #syncReplicaSet(replicaSet: WorkloadObject): void {
    const owned = living(this.#pods.of(replicaSet.metadata.uid));
    const missing = (replicaSet.spec.replicas ?? 1) - owned.length;
    deletePods(this.#store, owned, -missing);
    let refused: string | undefined;
    for (let index = 0; index < missing && refused === undefined; index += 1) {
      refused = this.#tryToMake(replicaSet, { generateName: `${replicaSet.metadata.name}-` });
    }
    const failure: Condition | undefined =
      refused === undefined
        ? undefined
        : { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: refused };
    this.#setStatus(replicaSets, replicaSet, this.#pods.of(replicaSet.metadata.uid), failure);
  }

  #syncStatefulSet(statefulSet: WorkloadObject): void {
    const hash = templateHash(statefulSet);
    const { name, uid } = statefulSet.metadata;
    const owned = this.#pods.of(uid);
    const wanted = Array.from({ length: statefulSet.spec.replicas ?? 1 }, (_, index) => `${name}-${index}`);
    const surplus = living(owned).filter(({ metadata }) => !wanted.includes(metadata.name));
    deletePods(this.#store, surplus, surplus.length);
    const revision = "controller-revision-hash";
    const old = living(owned).filter(({ metadata }) => metadata.labels?.[revision] !== hash);
    deletePods(this.#store, old, old.length);
    const { template } = statefulSet.spec;
    const labels = { ...template.metadata?.labels, [revision]: hash };
    const labelled = { ...template, metadata: { ...template.metadata, labels } };
    const owner = { ...statefulSet, spec: { ...statefulSet.spec, template: labelled } };
    for (const podName of wanted) {
      // One that is on its way out keeps its name until it is gone.
      if (!owned.some(({ metadata }) => metadata.name === podName)) this.#tryToMake(owner, { name: podName });
    }
    this.#setStatus(statefulSets, statefulSet, this.#pods.of(uid), undefined);
  }

  /** The reason when it may not be made. */
  #tryToMake(owner: WorkloadObject, naming: Parameters<typeof makePod>[2]): string | undefined {
    try {
      makePod(this.#store, owner, naming, this.#refusal);
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return error.message;
      throw error;
    }
  }

  /** `parts`: pods, or the ReplicaSets of a Deployment. */
  #setStatus(kind: Kind, workload: WorkloadObject, parts: readonly KubeObject[], failure: Condition | undefined): void {
    const counts =
      kind === deployments ? sums(parts as readonly WorkloadObject[], templateHash(workload)) : counted(parts);
    this.#store.update(kind, workload, (current) => {
      const known = (current as WorkloadObject).status?.conditions ?? [];
      const kept = known.filter(({ type }) => type !== "ReplicaFailure");
      const wanted = (current as WorkloadObject).spec.replicas ?? 1;
      const available = { type: "Available", status: counts.readyReplicas >= wanted ? "True" : "False" };
      const conditions = kind === deployments ? withCondition(kept, available) : kept;
      const all = failure ? withCondition([...conditions, ...known.filter(isFailure)], failure) : conditions;
      return { ...current, status: { observedGeneration: current.metadata.generation, ...counts, conditions: all } };
    });
  }
}

const ownerKinds = [deployments, replicaSets, statefulSets];

function isFailure({ type }: Condition): boolean {
  return type === "ReplicaFailure";
}

function isOfTemplate({ labels }: KubeObject["metadata"], hash: string): boolean {
  return labels?.["pod-template-hash"] === hash;
}

interface Counts {
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  /** Of Deployments: those of the latest template. */
  readonly updatedReplicas?: number;
}

function counted(owned: readonly KubeObject[]): Counts {
  const alive = living(owned);
  const ready = alive.filter(isReady).length;
  return { replicas: alive.length, readyReplicas: ready, availableReplicas: ready };
}

function sums(owned: readonly WorkloadObject[], hash: string): Counts {
  const sum = (key: "replicas" | "readyReplicas"): number =>
    owned.reduce((total, { status }) => total + (status?.[key] ?? 0), 0);
  const ready = sum("readyReplicas");
  // The only one counts whatever its hash: it may have been put there with its pods.
  const latest = owned.length === 1 ? owned[0] : owned.find(({ metadata }) => isOfTemplate(metadata, hash));
  const updatedReplicas = latest?.status?.replicas ?? 0;
  return { replicas: sum("replicas"), readyReplicas: ready, availableReplicas: ready, updatedReplicas };
}
