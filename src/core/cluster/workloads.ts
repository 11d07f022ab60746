import type { UserError } from "../errors.ts";
import type { KubeApi } from "./api.ts";
import { ApiError, isConflict, isForbidden, isNotFound } from "./apiError.ts";
import { explain } from "./explain.ts";
import type { Workload } from "./objects.ts";
import { objectPath } from "./paths.ts";
import { parseWorkload } from "./parseWorkload.ts";
import { buildKitContainer, type WireWorkload } from "./wireWorkload.ts";

/** Names one workload. */
export type WorkloadAddress = Pick<Workload, "kind" | "namespace" | "name">;

/** What buildx makes for a builder node: one of the two. */
export const workloadKinds = ["Deployment", "StatefulSet"] as const;

/** How often a change is tried again that somebody else's change has overtaken. */
const conflictRetries = 5;

/**
 * The workloads of these names that are there, whoever made them.
 *
 * @throws {UserError} not reached or not allowed
 */
export async function findExisting(
  api: KubeApi,
  namespace: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly Workload[]> {
  const found: Workload[] = [];
  for (const name of names) {
    for (const kind of workloadKinds) {
      const object = await readWorkload(api, { kind, namespace, name }, signal);
      const workload = object && parseWorkload(kind, object);
      if (workload) found.push(workload);
    }
  }
  return found;
}

/**
 * Makes the readiness probe of a BuildKit workload quick: every second, from the start. With buildx's own (every
 * 30 seconds after 5) a pod that is up in one second counts as ready half a minute later. (With a startup probe instead,
 * the kubelet sometimes asks for readiness only a whole period after it has succeeded.)
 *
 * Kubernetes replaces the pods for it. Those of a Deployment go at once, without waiting for others to be ready (see
 * {@link restoreStrategy}): else they would need room for both, and without it they would be replaced whenever there is
 * some, in the middle of a build. Others come at once, too: a BuildKit that is asked to end while it starts may take the
 * 30 seconds that Kubernetes gives it, so that `Recreate` would be slow.
 *
 * @returns false when there is nothing to change: no workload, no BuildKit in it, no probe, or already quick
 * @throws {UserError} not reached or not allowed
 */
export async function patchProbes(api: KubeApi, workload: WorkloadAddress, signal?: AbortSignal): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const object = await readWorkload(api, workload, signal);
    const containers = object?.spec?.template?.spec?.containers ?? [];
    const index = containers.findIndex(({ name }) => name === buildKitContainer);
    const probe = containers[index]?.readinessProbe;
    if (!probe || (probe.periodSeconds === 1 && (probe.initialDelaySeconds ?? 0) === 0)) return false;
    const path = `/spec/template/spec/containers/${index}`;
    const body = [
      { op: "test", path: `${path}/name`, value: buildKitContainer },
      { op: "add", path: `${path}/readinessProbe/periodSeconds`, value: 1 },
      { op: "add", path: `${path}/readinessProbe/initialDelaySeconds`, value: 0 },
      ...(workload.kind === "Deployment" ? [{ op: "add", path: "/spec/strategy", value: strategyOf("100%") }] : []),
    ];
    try {
      await api.request("PATCH", workloadPath(workload), { body, contentType: "application/json-patch+json", signal });
      return true;
    } catch (error) {
      if (signal?.aborted) throw error;
      if (isNotFound(error)) return false;
      // 422: the containers have changed places meanwhile.
      const isOvertaken = isConflict(error) || (error instanceof ApiError && error.status === 422);
      if (!isOvertaken || attempt > conflictRetries) throw explainWorkload(api, error, "get, patch", workload);
    }
  }
}

/**
 * Has a Deployment's pods replaced as by default again: one after the other, never short of one.
 *
 * @throws {UserError} not reached or not allowed
 */
export async function restoreStrategy(api: KubeApi, workload: WorkloadAddress, signal?: AbortSignal): Promise<void> {
  const patch = {
    body: { spec: { strategy: strategyOf("25%") } },
    contentType: "application/merge-patch+json",
    signal,
  };
  try {
    await api.request("PATCH", workloadPath(workload), patch);
  } catch (error) {
    throw explainWorkload(api, error, "patch", workload);
  }
}

function strategyOf(maxUnavailable: string): object {
  return { type: "RollingUpdate", rollingUpdate: { maxUnavailable, maxSurge: "25%" } };
}

/**
 * The object as it is on the server; undefined when it is not there. A StatefulSet that one may not ask for was not
 * made by this user either: for a builder without a volume claim, rights for Deployments are enough.
 *
 * @throws {UserError} not reached or not allowed
 */
export async function readWorkload(
  api: KubeApi,
  address: WorkloadAddress,
  signal: AbortSignal | undefined,
): Promise<WireWorkload | undefined> {
  try {
    return (await api.request("GET", workloadPath(address), { signal })) as WireWorkload;
  } catch (error) {
    if (signal?.aborted) throw error;
    if (isNotFound(error)) return undefined;
    if (address.kind === "StatefulSet" && isForbidden(error)) return undefined;
    throw explainWorkload(api, error, "get", address);
  }
}

/** The object's path in the API. */
export function workloadPath({ kind, namespace, name }: WorkloadAddress): string {
  return objectPath(workloadResource(kind), namespace, name);
}

/** The error in the user's words. */
export function explainWorkload(api: KubeApi, error: unknown, verbs: string, address: WorkloadAddress): UserError {
  const { kind, namespace } = address;
  return explain(error, api.access.context, { verbs, resource: workloadResource(kind), namespace });
}

/** What the API's paths call such workloads. */
export function workloadResource(kind: Workload["kind"]): "deployments" | "statefulsets" {
  return kind === "Deployment" ? "deployments" : "statefulsets";
}
