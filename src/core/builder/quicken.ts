import type { KubeApi } from "../cluster/api.ts";
import type { Workload } from "../cluster/objects.ts";
import { patchProbes, workloadPath } from "../cluster/workloads.ts";

/** How pods of a Deployment are replaced, as Kubernetes does it by default: one after the other, never short of one. */
const gently = { maxUnavailable: "25%", maxSurge: "25%" };
/** All at once: right for pods that nobody uses yet. */
const atOnce = { maxUnavailable: "100%", maxSurge: "25%" };

/**
 * Quickens the readiness probes of new workloads, for which Kubernetes replaces their pods. Several replicas are replaced
 * all at once where that is allowed, instead of one after the other. Never throws: without the right to change a
 * workload its pods start too, only later.
 */
export class ProbeQuickener {
  readonly #api: KubeApi;
  readonly #mayReplaceAtOnce: boolean;
  readonly #signal: AbortSignal;
  /** By their uids. */
  readonly #seen = new Set<string>();
  readonly #replacedAtOnce: Workload[] = [];

  /** @param mayReplaceAtOnce whether buildx sends no builds to pods that are being deleted */
  constructor(api: KubeApi, mayReplaceAtOnce: boolean, signal: AbortSignal) {
    this.#api = api;
    this.#mayReplaceAtOnce = mayReplaceAtOnce;
    this.#signal = signal;
  }

  /** Does it for a workload that nobody uses yet; once for each. */
  async quicken(workload: Workload): Promise<void> {
    if (this.#seen.has(workload.uid)) return;
    this.#seen.add(workload.uid);
    const isReplacedAtOnce = this.#mayReplaceAtOnce && workload.kind === "Deployment" && workload.replicas > 1;
    try {
      if (isReplacedAtOnce) await patchReplacing(this.#api, workload, atOnce, this.#signal);
      if (isReplacedAtOnce) this.#replacedAtOnce.push(workload);
      await patchProbes(this.#api, workload, this.#signal);
    } catch {
      // buildx waits for the pods in any case.
    }
  }

  /** Takes back, once all pods are there, what was changed for the time of the start. */
  async restore(): Promise<void> {
    for (const workload of this.#replacedAtOnce.splice(0)) {
      try {
        await patchReplacing(this.#api, workload, gently, this.#signal);
      } catch {
        // It matters only to whoever replaces the builder's pods later.
      }
    }
  }
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
