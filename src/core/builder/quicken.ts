import type { KubeApi } from "../cluster/api.ts";
import type { Workload } from "../cluster/objects.ts";
import { patchProbes, restoreStrategy } from "../cluster/workloads.ts";

/**
 * Quickens the readiness probes of new workloads, for which Kubernetes replaces their pods. Never throws: without the
 * right to change a workload its pods start too, only later.
 */
export class ProbeQuickener {
  readonly #api: KubeApi;
  readonly #signal: AbortSignal;
  /** By their uids. */
  readonly #seen = new Set<string>();
  readonly #changed = new Set<string>();

  constructor(api: KubeApi, signal: AbortSignal) {
    this.#api = api;
    this.#signal = signal;
  }

  /** Does it for a workload that nobody uses yet; once for each. */
  async quicken(workload: Workload): Promise<void> {
    if (this.#seen.has(workload.uid)) return;
    this.#seen.add(workload.uid);
    try {
      if (await patchProbes(this.#api, workload, this.#signal)) this.#changed.add(workload.uid);
    } catch {
      // buildx waits for the pods in any case.
    }
  }

  /** Takes back of those workloads, whose pods are all there now, what was changed for the time of the start. */
  async restore(started: readonly Workload[]): Promise<void> {
    for (const workload of started) {
      if (!this.#changed.delete(workload.uid) || workload.kind !== "Deployment") continue;
      try {
        await restoreStrategy(this.#api, workload, this.#signal);
      } catch {
        // It matters only to whoever replaces the builder's pods later.
      }
    }
  }
}
