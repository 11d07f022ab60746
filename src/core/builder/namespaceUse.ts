import type { KubeApi } from "../cluster/api.ts";
import { isForbidden } from "../cluster/apiError.ts";
import { metadataOf } from "../cluster/wire.ts";

/** True when a namespace runs nothing: then whoever has made it just now may delete it. */
export async function isUnused(api: KubeApi, namespace: string, signal: AbortSignal): Promise<boolean> {
  return hasNone(api, namespace, ["apps/v1/deployments", "apps/v1/statefulsets", "v1/pods"], signal);
}

/**
 * True when a namespace holds nothing that anybody would miss, for one that was made some time ago; false also where
 * that cannot be seen.
 */
export async function isUntouched(api: KubeApi, namespace: string, signal: AbortSignal): Promise<boolean> {
  const others = ["configmaps", "secrets", "services", "persistentvolumeclaims"].map((resource) => `v1/${resource}`);
  const workloads = ["apps/v1/daemonsets", "batch/v1/cronjobs", "batch/v1/jobs"];
  try {
    return (
      (await isUnused(api, namespace, signal)) && (await hasNone(api, namespace, [...others, ...workloads], signal))
    );
  } catch (error) {
    if (isForbidden(error)) return false;
    throw error;
  }
}

async function hasNone(
  api: KubeApi,
  namespace: string,
  resources: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const resource of resources) {
    const at = resource.lastIndexOf("/");
    const group = resource.startsWith("v1/") ? "/api" : "/apis";
    const path = `${group}/${resource.slice(0, at)}/namespaces/${encodeURIComponent(namespace)}${resource.slice(at)}`;
    const { items } = await api.listPage(path, { query: { limit: 2 }, signal });
    // Kubernetes puts this one into every namespace.
    if (items.some((object) => metadataOf(object).name !== "kube-root-ca.crt")) return false;
  }
  return true;
}
