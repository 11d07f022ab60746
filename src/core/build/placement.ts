import type { ClusterView } from "../builder/status.ts";
import type { Pod } from "../cluster/objects.ts";
import { architectureOf, type Platform } from "../platform.ts";
import type { BuildPlan, PlannedPlatform } from "./plan.ts";
import type { Nativeness, Placement } from "./snapshot.ts";

/**
 * Tells where each platform of a plan is built. `native` is claimed only when the cluster itself says that every pod
 * of the builder node runs on a machine of the platform's architecture. Without a cluster nothing is claimed.
 */
export function placementsOf(plan: BuildPlan, cluster: ClusterView | undefined): Placement[] {
  return plan.platforms.map((planned) => ({
    ...placementOf(planned, cluster),
    ...(planned.kind === "undeclared" && { doubt: planned.reason }),
  }));
}

function placementOf({ platform, builderNode }: PlannedPlatform, cluster: ClusterView | undefined): Placement {
  const workload = builderNode?.kubernetes?.workload;
  const pods = cluster && workload ? runningPods(cluster.pods, workload, builderNode.kubernetes?.namespace) : [];
  if (!cluster || pods.length === 0) return { platform, nativeness: "unknown", builderNode: builderNode?.name };
  const names = [...new Set(pods.map((pod) => pod.nodeName))].filter((name) => name !== undefined);
  const architectures = names.map((name) => cluster.clusterNodes.find((node) => node.name === name)?.architecture);
  return {
    platform,
    nativeness: nativenessOf(platform, architectures),
    builderNode: builderNode?.name,
    clusterNodes: names,
    pod: pods.length === 1 ? pods[0]?.name : undefined,
  };
}

/** buildx chooses among the pods that run, ready or not, but not those that are to go (`driver/kubernetes/podchooser`). */
function runningPods(pods: readonly Pod[], workload: string, namespace: string | undefined): readonly Pod[] {
  return pods.filter(
    (pod) =>
      pod.app === workload &&
      pod.phase === "Running" &&
      pod.state.kind !== "terminating" &&
      (namespace === undefined || pod.namespace === namespace),
  );
}

function nativenessOf(platform: Platform, architectures: readonly (string | undefined)[]): Nativeness {
  const verdicts = new Set(architectures.map((architecture) => verdictOn(architectureOf(platform), architecture)));
  if (verdicts.has("emulated")) return "emulated";
  return verdicts.size === 1 && verdicts.has("native") ? "native" : "unknown";
}

function verdictOn(wanted: string, architecture: string | undefined): Nativeness {
  if (architecture === undefined) return "unknown";
  if (architecture === wanted || (wanted === "386" && architecture === "amd64")) return "native";
  // Many 64-bit Arm machines run 32-bit programs themselves, but not all, and the cluster does not tell.
  return wanted === "arm" && architecture === "arm64" ? "unknown" : "emulated";
}
