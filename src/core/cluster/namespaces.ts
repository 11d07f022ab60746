import type { KubeApi } from "./api.ts";
import { ApiError, isConflict, isNotFound } from "./apiError.ts";
import { explain } from "./explain.ts";
import { waitUntilGone } from "./waitUntilGone.ts";
import { metadataOf } from "./wire.ts";

const collection = "/api/v1/namespaces";

/**
 * Makes sure that a namespace is there.
 *
 * @returns `unknown` when this user may not look; it is then not made either
 * @throws {UserError} not reached, or it is missing and may not be made
 */
export async function ensureNamespace(
  api: KubeApi,
  name: string,
  signal?: AbortSignal,
): Promise<"created" | "existed" | "unknown"> {
  const { context } = api.access;
  try {
    await api.request("GET", `${collection}/${encodeURIComponent(name)}`, { signal });
    return "existed";
  } catch (error) {
    if (signal?.aborted) throw error;
    if (error instanceof ApiError && error.status === 403) return "unknown";
    if (!isNotFound(error)) throw explain(error, context, { verbs: "get", resource: "namespaces" });
  }
  try {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await api.request("POST", collection, { body, signal });
    return "created";
  } catch (error) {
    if (isConflict(error)) return "existed";
    // An answer that was lost on the way: it was not there a moment ago.
    const isMade = !(error instanceof ApiError) && (await isThere(api, name));
    if (isMade) return "created";
    if (signal?.aborted) throw error;
    throw explain(error, context, { verbs: "create", resource: "namespaces" });
  }
}

/** True when there is no such namespace, or it is being deleted; false also where that is not to be known. */
export async function isNamespaceMissing(api: KubeApi, name: string, signal: AbortSignal): Promise<boolean> {
  return api
    .request("GET", `${collection}/${encodeURIComponent(name)}`, { signal })
    .then((object) => Boolean(metadataOf(object).deletionTimestamp), isNotFound);
}

async function isThere(api: KubeApi, name: string): Promise<boolean> {
  return api.request("GET", `${collection}/${encodeURIComponent(name)}`).then(
    () => true,
    () => false, // Not there, or not to be known: the first error tells why.
  );
}

/**
 * Deletes a namespace with all that is in it, and waits until it is gone.
 *
 * @returns false when there was none
 * @throws {UserError} not reached or not allowed; the signal's reason when it is aborted
 */
export async function deleteNamespace(api: KubeApi, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    await api.request("DELETE", `${collection}/${encodeURIComponent(name)}`, { signal });
    await waitUntilGone(api, { path: collection, fieldSelector: `metadata.name=${name}` }, signal);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    if (isNotFound(error)) return false;
    throw explain(error, api.access.context, { verbs: "delete, list, watch", resource: "namespaces" });
  }
}
