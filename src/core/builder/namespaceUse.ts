import type { KubeApi } from "../cluster/api.ts";

/** True when a namespace runs nothing: then whoever has made it may delete it. */
export async function isUnused(api: KubeApi, namespace: string, signal: AbortSignal): Promise<boolean> {
  const at = `namespaces/${encodeURIComponent(namespace)}`;
  for (const path of [`/apis/apps/v1/${at}/deployments`, `/apis/apps/v1/${at}/statefulsets`, `/api/v1/${at}/pods`]) {
    const { items } = await api.listPage(path, { query: { limit: 1 }, signal });
    if (items.length > 0) return false;
  }
  return true;
}
