import type { KubeApi } from "../cluster/api.ts";
import type { Workload } from "../cluster/objects.ts";
import { readWorkload } from "../cluster/workloads.ts";

/**
 * Why the cluster makes no pods for a workload: a quota, or Pod Security that forbids privileged pods. In the words of
 * the API server; undefined when nothing is in the way, and for StatefulSets, which do not tell.
 *
 * @throws UserError when the cluster is not reached or does not allow this
 */
export async function refusalOf(api: KubeApi, workload: Workload, signal: AbortSignal): Promise<string | undefined> {
  const { status } = ((await readWorkload(api, workload, signal)) ?? {}) as DeploymentStatus;
  return status?.conditions?.find(({ type, status: holds }) => type === "ReplicaFailure" && holds === "True")?.message;
}

interface DeploymentStatus {
  readonly status?: {
    readonly conditions?: readonly { readonly type?: string; readonly status?: string; readonly message?: string }[];
  };
}
