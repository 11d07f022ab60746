import { normalizePlatform } from "../platform.ts";
import type { Workload } from "./objects.ts";
import { metadataOf } from "./wire.ts";

interface WireWorkload {
  readonly spec?: { readonly replicas?: number | null };
  readonly status?: { readonly readyReplicas?: number | null };
}

/** Annotation that buildx writes on what it makes with `create --platform`: a list with commas. */
const platformAnnotation = "buildx.docker.com/platform";

/** Reads a Kubernetes `Deployment` or `StatefulSet`. */
export function parseWorkload(kind: Workload["kind"], object: unknown): Workload | undefined {
  const { name, namespace = "", uid = "", annotations } = metadataOf(object);
  if (name === undefined) return undefined;
  const { spec, status } = object as WireWorkload;
  const platforms = annotations?.[platformAnnotation] ?? "";
  return {
    kind,
    name,
    namespace,
    uid,
    // The API server's default, when the field is not set.
    replicas: spec?.replicas ?? 1,
    readyReplicas: status?.readyReplicas ?? 0,
    platforms: platforms.split(",").flatMap((platform) => normalizePlatform(platform) ?? []),
  };
}
