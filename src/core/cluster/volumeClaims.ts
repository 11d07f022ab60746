import type { KubeApi } from "./api.ts";
import { isForbidden, isNotFound } from "./apiError.ts";
import { explain } from "./explain.ts";
import { collectionPath, objectPath } from "./paths.ts";
import { metadataOf } from "./wire.ts";

/**
 * Names of the volume claims that StatefulSets of these names have made; they outlive them. Empty where this user may
 * not see them, who then cannot delete them either.
 */
export async function volumeClaims(
  api: KubeApi,
  namespace: string,
  workloads: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const query = { labelSelector: `app in (${workloads.join(",")})` };
    const { items } = await api.listPage(collectionPath("persistentvolumeclaims", namespace), { query, signal });
    return items.flatMap((object) => metadataOf(object).name ?? []);
  } catch (error) {
    if (signal.aborted) throw error;
    if (isForbidden(error)) return [];
    throw explain(error, api.access.context, { verbs: "list", resource: "persistentvolumeclaims", namespace });
  }
}

/** Deletes the volume claims of these StatefulSets but for some, and what is stored there; one that is gone is no error. */
export async function deleteVolumeClaims(
  api: KubeApi,
  namespace: string,
  workloads: readonly string[],
  except: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of await volumeClaims(api, namespace, workloads, signal)) {
    if (except.includes(name)) continue;
    try {
      await api.request("DELETE", objectPath("persistentvolumeclaims", namespace, name), { signal });
    } catch (error) {
      if (signal.aborted) throw error;
      if (isNotFound(error)) continue;
      throw explain(error, api.access.context, { verbs: "delete", resource: "persistentvolumeclaims", namespace });
    }
  }
}
