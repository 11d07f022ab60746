import type { KubeApi } from "../cluster/api.ts";
import { isForbidden } from "../cluster/apiError.ts";
import { collectionPath, type NamespacedResource } from "../cluster/paths.ts";
import { metadataOf } from "../cluster/wire.ts";

/** True when a namespace runs nothing: then whoever has made it just now may delete it. */
export async function isUnused(api: KubeApi, namespace: string, signal: AbortSignal): Promise<boolean> {
  return hasNone(api, namespace, ["deployments", "statefulsets", "pods"], signal);
}

/**
 * True when a namespace holds nothing that anybody would miss, for one that was made some time ago; false also where
 * that cannot be seen.
 */
export async function isUntouched(api: KubeApi, namespace: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await isUnused(api, namespace, signal)) && (await hasNone(api, namespace, missed, signal));
  } catch (error) {
    if (isForbidden(error)) return false;
    throw error;
  }
}

const missed = [
  "configmaps",
  "secrets",
  "services",
  "persistentvolumeclaims",
  "daemonsets",
  "cronjobs",
  "jobs",
] as const;

async function hasNone(
  api: KubeApi,
  namespace: string,
  resources: readonly NamespacedResource[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const resource of resources) {
    const { items } = await api.listPage(collectionPath(resource, namespace), { query: { limit: 2 }, signal });
    // Kubernetes puts this one into every namespace.
    if (items.some((object) => metadataOf(object).name !== "kube-root-ca.crt")) return false;
  }
  return true;
}
