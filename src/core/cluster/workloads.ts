import type { UserError } from "../errors.ts";
import type { KubeApi } from "./api.ts";
import { ApiError, isConflict, isForbidden, isNotFound } from "./apiError.ts";
import { explain } from "./explain.ts";
import type { Workload } from "./objects.ts";
import { objectPath } from "./paths.ts";
import { parseWorkload } from "./parseWorkload.ts";
import type { WireProbe } from "./wirePod.ts";
import { buildKitContainer, type WireWorkload } from "./wireWorkload.ts";

/** Names one workload. */
export type WorkloadAddress = Pick<Workload, "kind" | "namespace" | "name">;

/** What buildx makes for a builder node: one of the two. */
export const workloadKinds = ["Deployment", "StatefulSet"] as const;

/** How often a change is tried again that somebody else's change has overtaken. */
const conflictRetries = 5;

/** Kubernetes' own default. */
const usualPeriodSeconds = 10;
const startupPace = { initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 5, successThreshold: 1 };
/**
 * A container is started anew when its startup probe has failed so often. Until it succeeds, Kubernetes does not ask for
 * liveness: where buildx wants that, a BuildKit that hangs is given about as long as by that.
 */
const livenessPatience = 120;
const mostPatience = 3600;

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
 * Makes the pods of a BuildKit workload ready as soon as BuildKit answers. With buildx's own readiness probe (every
 * 30 seconds after 5) a pod that is up in one second counts as ready half a minute later. A startup probe asks each
 * second until there is an answer, and when there is one, Kubernetes asks for readiness at once; later that is asked as
 * seldom as by default.
 *
 * Kubernetes replaces the pods for it. Those of a Deployment go before others come (`Recreate`, see
 * {@link restoreStrategy}): one after the other they would need room for both, and without it they would be replaced
 * whenever there is some, in the middle of a build.
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
    if (!probe || containers[index]?.startupProbe || isQuick(probe)) return false;
    const path = `/spec/template/spec/containers/${index}`;
    const failureThreshold = containers[index]?.livenessProbe ? livenessPatience : mostPatience;
    const startup = { ...probe, ...startupPace, failureThreshold };
    const body = [
      { op: "test", path: `${path}/name`, value: buildKitContainer },
      { op: "add", path: `${path}/startupProbe`, value: startup },
      { op: "add", path: `${path}/readinessProbe/periodSeconds`, value: usualPeriodSeconds },
      { op: "add", path: `${path}/readinessProbe/initialDelaySeconds`, value: 0 },
      ...(workload.kind === "Deployment" ? [{ op: "add", path: "/spec/strategy", value: { type: "Recreate" } }] : []),
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
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } };
  const patch = { body: { spec: { strategy } }, contentType: "application/merge-patch+json", signal };
  try {
    await api.request("PATCH", workloadPath(workload), patch);
  } catch (error) {
    throw explainWorkload(api, error, "patch", workload);
  }
}

function isQuick({ periodSeconds, initialDelaySeconds = 0 }: WireProbe): boolean {
  return periodSeconds === 1 && initialDelaySeconds === 0;
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
