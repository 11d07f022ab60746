import { normalizePlatform } from "../platform.ts";
import type { Workload } from "./objects.ts";
import { platformAnnotation, type WireWorkload } from "./wireWorkload.ts";

/** Reads a Kubernetes `Deployment` or `StatefulSet`. */
export function parseWorkload(kind: Workload["kind"], object: unknown): Workload | undefined {
  const { metadata, spec, status } = object as WireWorkload;
  const { name, namespace = "", uid = "", annotations } = metadata ?? {};
  if (name === undefined) return undefined;
  const failure = status?.conditions?.find((condition) => condition.type === "ReplicaFailure");
  const platforms = annotations?.[platformAnnotation] ?? "";
  return {
    kind,
    name,
    namespace,
    uid,
    // The API server's default, when the field is not set.
    replicas: spec?.replicas ?? 1,
    readyReplicas: status?.readyReplicas ?? 0,
    madeReplicas: status?.replicas ?? 0,
    wasReady: kind === "StatefulSet" || hasBeenComplete(status),
    platforms: platforms.split(",").flatMap((platform) => normalizePlatform(platform) ?? []),
    ...(failure?.status === "True" && failure.message ? { refusal: failure.message } : {}),
  };
}

/** What Kubernetes says of a Deployment from the first time on that all its pods were available, also when they are not now. */
const completeReason = "NewReplicaSetAvailable";

function hasBeenComplete(status: WireWorkload["status"]): boolean {
  const { reason } = status?.conditions?.find(({ type }) => type === "Progressing") ?? {};
  return reason === completeReason;
}
