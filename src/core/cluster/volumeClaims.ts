import type { KubeApi } from "./api.ts";
import { isForbidden, isNotFound } from "./apiError.ts";
import { explain } from "./explain.ts";
import { UserError } from "../errors.ts";
import { collectionPath, objectPath } from "./paths.ts";
import { waitUntilGone } from "./waitUntilGone.ts";
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

/**
 * Deletes the volume claims of these StatefulSets but for some, and what is stored there, and waits until they are
 * gone. One that is gone already is no error; one that somebody still uses is left to Kubernetes after a while, which
 * deletes it when its last user ends.
 */
export async function deleteVolumeClaims(
  api: KubeApi,
  namespace: string,
  workloads: readonly string[],
  except: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const timeout = AbortSignal.timeout(goneTimeoutMs);
  const attempt = { verbs: "delete, list, watch", resource: "persistentvolumeclaims", namespace };
  try {
    // More than once: a StatefulSet's controller that was just at work makes a deleted one anew.
    for (;;) {
      const names = await volumeClaims(api, namespace, workloads, signal);
      const meant = names.filter((name) => !except.includes(name));
      if (meant.length === 0) return;
      for (const name of meant) await deleteClaim(api, namespace, name, signal);
      const isGoing = (object: unknown): boolean => isBeingDeleted(object, meant);
      const path = collectionPath("persistentvolumeclaims", namespace);
      await waitUntilGone(api, { path, includes: isGoing }, AbortSignal.any([signal, timeout]));
    }
  } catch (error) {
    if (signal.aborted || error instanceof UserError) throw error;
    if (!timeout.aborted) throw explain(error, api.access.context, attempt);
  }
}

const goneTimeoutMs = 10_000;

async function deleteClaim(api: KubeApi, namespace: string, name: string, signal: AbortSignal): Promise<void> {
  try {
    await api.request("DELETE", objectPath("persistentvolumeclaims", namespace, name), { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function isBeingDeleted(object: unknown, names: readonly string[]): boolean {
  const { name = "", deletionTimestamp } = metadataOf(object);
  return deletionTimestamp != null && names.includes(name);
}
