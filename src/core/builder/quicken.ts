import type { KubeApi } from "../cluster/api.ts";
import type { Workload } from "../cluster/objects.ts";
import { patchProbes, workloadPath } from "../cluster/workloads.ts";

/** How pods of a Deployment are replaced, as Kubernetes does it by default: one after the other, never short of one. */
const gently = { maxUnavailable: "25%", maxSurge: "25%" };
/** All at once: right for pods that nobody uses yet. */
const atOnce = { maxUnavailable: "100%", maxSurge: "25%" };

/**
 * Quickens the readiness probes of a new workload, for which Kubernetes replaces its pods. Several replicas are
 * replaced all at once where that is allowed, instead of one after the other.
 *
 * @returns true when {@link restoreReplacing} is to be called once all pods are there
 * @throws UserError or what the API throws, when the cluster is not reached or does not allow it
 */
export async function quickenProbes(
  api: KubeApi,
  workload: Workload,
  options: { readonly mayReplaceAtOnce: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  const { mayReplaceAtOnce, signal } = options;
  const isReplacedAtOnce = mayReplaceAtOnce && workload.kind === "Deployment" && workload.replicas > 1;
  if (isReplacedAtOnce) await patchReplacing(api, workload, atOnce, signal);
  await patchProbes(api, workload, signal);
  return isReplacedAtOnce;
}

/** Takes back what {@link quickenProbes} has changed for the time of the start. */
export async function restoreReplacing(api: KubeApi, workload: Workload, signal: AbortSignal): Promise<void> {
  await patchReplacing(api, workload, gently, signal);
}

async function patchReplacing(
  api: KubeApi,
  workload: Workload,
  rollingUpdate: typeof gently,
  signal: AbortSignal,
): Promise<void> {
  const body = { spec: { strategy: { type: "RollingUpdate", rollingUpdate } } };
  await api.request("PATCH", workloadPath(workload), { body, contentType: "application/merge-patch+json", signal });
}
