import { UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import type { KubeApi } from "./api.ts";
import { isForbidden, isNotFound } from "./apiError.ts";
import { explain } from "./explain.ts";
import { collectionPath, objectPath } from "./paths.ts";
import { waitUntilGone } from "./waitUntilGone.ts";
import { metadataOf } from "./wire.ts";
import type { WirePod } from "./wirePod.ts";
import { hasBuildKit, platformAnnotation, runsBuildKit, type WireWorkload } from "./wireWorkload.ts";
import { readWorkload, workloadKinds, workloadPath } from "./workloads.ts";

/** An object that was deleted. */
export interface DeletedObject {
  readonly kind: "Deployment" | "StatefulSet" | "ConfigMap";
  readonly name: string;
}

/** Where and until when to delete. */
export interface RemovalOptions {
  readonly signal?: AbortSignal;
  /** How long the pods may take to end. Default: two minutes. */
  readonly timeoutMs?: number;
  /** Called when something is deleted: from then on nothing can be built there. */
  readonly onDelete?: () => void;
  /** Called with the names of the pods that are still there. */
  readonly onPodsLeft?: (names: readonly string[]) => void;
}

/**
 * Deletes what buildx has made for these builder nodes, Deployments, StatefulSets and ConfigMaps, and waits until
 * their pods are gone. What has the same name but does not run BuildKit is left alone; so are volume claims, which
 * hold the cache.
 *
 * @returns what was deleted; empty when nothing was there
 * @throws {UserError} not reached, not allowed, or pods are still there after the time; the signal's reason
 */
export async function deleteBuilderObjects(
  api: KubeApi,
  namespace: string,
  names: readonly string[],
  options: RemovalOptions = {},
): Promise<readonly DeletedObject[]> {
  const { signal } = options;
  const deleted: DeletedObject[] = [];
  const remove = async (kind: DeletedObject["kind"], name: string, path: string): Promise<void> => {
    if (!(await deleteObject(api, path, { kind, namespace }, signal))) return;
    deleted.push({ kind, name });
    options.onDelete?.();
  };
  for (const name of names) {
    const workloads = await ownWorkloads(api, namespace, name, signal);
    // The ConfigMaps are looked for first: the workload says which they are.
    const configMaps = await configMapsOf(api, namespace, name, workloads, signal);
    for (const { kind } of workloads) await remove(kind, name, workloadPath({ kind, namespace, name }));
    for (const configMap of configMaps)
      await remove("ConfigMap", configMap, objectPath("configmaps", namespace, configMap));
  }
  await waitForPods(api, namespace, names, options);
  return deleted;
}

interface OwnWorkload {
  readonly kind: "Deployment" | "StatefulSet";
  readonly object: WireWorkload;
}

async function ownWorkloads(
  api: KubeApi,
  namespace: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<readonly OwnWorkload[]> {
  const found: OwnWorkload[] = [];
  for (const kind of workloadKinds) {
    const object = await readWorkload(api, { kind, namespace, name }, signal);
    if (object && runsBuildKit(object)) found.push({ kind, object });
  }
  return found;
}

/**
 * Names of the ConfigMaps of a builder node: those its workload mounts, or, left over without one, those of buildx's
 * numbering (`NAME-config`, `NAME-config-1`, …) that carry buildx's annotation.
 */
async function configMapsOf(
  api: KubeApi,
  namespace: string,
  name: string,
  workloads: readonly OwnWorkload[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const base = `${name}-config`;
  if (workloads.length > 0) {
    const volumes = workloads.flatMap(({ object }) => object.spec?.template?.spec?.volumes ?? []);
    const mounted = volumes.flatMap(({ configMap }) => configMap?.name ?? []);
    return mounted.filter((configMap) => isNumbered(configMap, base));
  }
  const found: string[] = [];
  for (let number = 0; ; number += 1) {
    const candidate = number === 0 ? base : `${base}-${number}`;
    const annotations = await annotationsOf(api, objectPath("configmaps", namespace, candidate), signal);
    if (annotations === undefined && number > 0) return found;
    if (annotations?.[platformAnnotation] !== undefined) found.push(candidate);
  }
}

function isNumbered(name: string, base: string): boolean {
  return name === base || (name.startsWith(`${base}-`) && /^\d+$/.test(name.slice(base.length + 1)));
}

/** Undefined when the object is not there, or may not be seen: then it was not made by this user's buildx either. */
async function annotationsOf(
  api: KubeApi,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return metadataOf(await api.request("GET", path, { signal })).annotations ?? {};
  } catch (error) {
    if (signal?.aborted) throw error;
    if (isNotFound(error) || isForbidden(error)) return undefined;
    throw explain(error, api.access.context);
  }
}

async function deleteObject(
  api: KubeApi,
  path: string,
  { kind, namespace }: { readonly kind: DeletedObject["kind"]; readonly namespace: string },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" };
    await api.request("DELETE", path, { body, signal });
    return true;
  } catch (error) {
    if (signal?.aborted) throw error;
    if (isNotFound(error)) return false;
    const resource = `${kind.toLowerCase()}s`;
    throw explain(error, api.access.context, { verbs: "delete", resource, namespace });
  }
}

async function waitForPods(
  api: KubeApi,
  namespace: string,
  names: readonly string[],
  { signal, timeoutMs = 120_000, onPodsLeft }: RemovalOptions,
): Promise<void> {
  if (names.length === 0) return;
  const timeout = AbortSignal.timeout(timeoutMs);
  const both = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const path = collectionPath("pods", namespace);
  let left: readonly string[] = [];
  try {
    const labelSelector = `app in (${names.join(",")})`;
    await waitUntilGone(api, { path, labelSelector, includes: isBuildKitPod }, both, (podNames) => {
      left = podNames;
      onPodsLeft?.(podNames);
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    if (!timeout.aborted)
      throw explain(error, api.access.context, { verbs: "list, watch", resource: "pods", namespace });
    const seconds = Math.round(timeoutMs / 1000);
    throw new UserError(t("These pods are still there after {0} seconds: {1}", seconds, left.join(", ")), {
      remedy: t("The rest is deleted; Kubernetes goes on ending them."),
    });
  }
}

function isBuildKitPod(object: unknown): boolean {
  return hasBuildKit((object as WirePod).spec);
}
