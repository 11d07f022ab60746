import { createHash } from "node:crypto";
import { deleteObject } from "./deletion.ts";
import { recordEvent } from "./eventRecorder.ts";
import { pods } from "./kinds.ts";
import { type KubeObject, timestamp } from "./objects.ts";
import type { Condition, PodObject, WorkloadObject } from "./podObjects.ts";
import { Refusal } from "./refusal.ts";
import { create } from "./resources.ts";
import { ownedBy } from "./seed.ts";
import type { Store } from "./store.ts";

/** Why no pod may be made in a namespace, in the words of an admission plugin; undefined where they may. */
export type PodRefusal = (namespace: string | undefined) => string | undefined;

/** A short name for a pod template: another one for each change of it. */
export function templateHash({ spec }: WorkloadObject): string {
  const digest = createHash("sha256").update(JSON.stringify(spec.template)).digest("hex");
  return digest.slice(0, 10).replaceAll(/[aeiou0-3]/g, "x");
}

/**
 * Makes one pod of an owner's template, named `name`, or beginning with `generateName`.
 *
 * @throws {Refusal} it may not be made; the owner has got an event that says so
 */
export function makePod(
  store: Store,
  owner: WorkloadObject,
  naming: { readonly name?: string; readonly generateName?: string },
  refusal: PodRefusal,
): void {
  const { template } = owner.spec;
  const { namespace } = owner.metadata;
  const name = naming.name ?? naming.generateName ?? "";
  const metadata = {
    ...naming,
    labels: template.metadata?.labels,
    annotations: template.metadata?.annotations,
    ownerReferences: [ownedBy(owner)],
  };
  try {
    const why = refusal(namespace);
    if (why !== undefined) throw new Refusal(403, "Forbidden", `pods "${name}" is forbidden: ${why}`);
    const pod = create(store, pods, namespace, { metadata, spec: template.spec });
    const happening = { reason: "SuccessfulCreate", message: `Created pod: ${pod.metadata.name}` };
    recordEvent(store, owner, { ...happening, component: "replicaset-controller" });
  } catch (error) {
    if (error instanceof Refusal) {
      const happening = {
        type: "Warning",
        reason: "FailedCreate",
        message: `Error creating: ${error.message}`,
      } as const;
      recordEvent(store, owner, { ...happening, component: "replicaset-controller" });
    }
    throw error;
  }
}

/** Deletes so many pods, those first that are not ready. */
export function deletePods(store: Store, owned: readonly PodObject[], count: number): void {
  const sorted = owned.toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)));
  for (const pod of sorted.slice(0, Math.max(0, count))) deleteObject(store, pods, pod, { isCascading: true });
}

/** The pods that count for their owner: not on their way out and not ended. */
export function living(owned: readonly KubeObject[]): readonly PodObject[] {
  return (owned as readonly PodObject[]).filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined && status?.phase !== "Failed" && status?.phase !== "Succeeded",
  );
}

export function isReady({ status }: PodObject): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
}

/** The conditions with this one in it; one that says the same keeps its time. */
export function withCondition(known: readonly Condition[] = [], condition: Condition): readonly Condition[] {
  const before = known.find(({ type }) => type === condition.type);
  const isSame = before?.status === condition.status && before.message === condition.message;
  const next = isSame ? before : { ...condition, lastTransitionTime: timestamp() };
  return [...known.filter(({ type }) => type !== condition.type), next];
}
