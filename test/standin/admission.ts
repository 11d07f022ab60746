import { deployments, type Kind, namespaces, pods, replicaSets, resourceQuotas, statefulSets } from "./kinds.ts";
import { isFields, type KubeObject } from "./objects.ts";
import type { PodObject, WorkloadObject } from "./podObjects.ts";
import { Refusal } from "./refusal.ts";
import type { Store } from "./store.ts";

/** The object with the API server's defaults. @throws {Refusal} a quota does not allow it */
export function admit(store: Store, kind: Kind, object: KubeObject): KubeObject {
  switch (kind) {
    case namespaces:
      return { ...object, status: { phase: "Active" } };
    case pods:
      assertQuota(store, object);
      return podWithDefaults(object as PodObject);
    case deployments:
    case replicaSets:
    case statefulSets: {
      const workload = object as WorkloadObject;
      return { ...workload, spec: { ...workload.spec, replicas: workload.spec.replicas ?? 1 }, status: {} };
    }
    default:
      return object;
  }
}

function podWithDefaults(pod: PodObject): PodObject {
  const { spec } = pod;
  return {
    ...pod,
    spec: {
      ...spec,
      restartPolicy: spec.restartPolicy ?? "Always",
      terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
      schedulerName: spec["schedulerName"] ?? "default-scheduler",
    },
    status: pod.status ?? { phase: "Pending" },
  };
}

/** Only the number of pods counts here; worded by Kubernetes' `resourcequota` admission plugin. */
function assertQuota(store: Store, { metadata: { name, namespace } }: KubeObject): void {
  for (const quota of store.all(resourceQuotas)) {
    if (quota.metadata.namespace !== namespace) continue;
    const hard = isFields(quota["spec"]) && isFields(quota["spec"]["hard"]) ? quota["spec"]["hard"]["pods"] : undefined;
    if (hard === undefined) continue;
    const used = [...store.all(pods)].filter(({ metadata }) => metadata.namespace === namespace).length;
    if (used < Number(hard)) continue;
    const numbers = `requested: pods=1, used: pods=${used}, limited: pods=${Number(hard)}`;
    const why = `exceeded quota: ${quota.metadata.name}, ${numbers}`;
    throw new Refusal(403, "Forbidden", `pods "${name}" is forbidden: ${why}`);
  }
}
