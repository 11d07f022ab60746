import type { WireCondition, WireMetadata } from "./wire.ts";
import type { WireContainer } from "./wirePod.ts";

/** The container of every BuildKit pod that buildx makes. */
export const buildKitContainer = "buildkitd";
/** Annotation that buildx writes on what it makes with `create --platform`: a list with commas. */
export const platformAnnotation = "buildx.docker.com/platform";

/** The parts of a `Deployment` or `StatefulSet` that are read here, as they come over the wire. */
export interface WireWorkload {
  readonly metadata?: WireMetadata;
  readonly spec?: {
    readonly replicas?: number | null;
    readonly template?: { readonly spec?: WirePodTemplate };
  };
  readonly status?: {
    readonly readyReplicas?: number | null;
    readonly replicas?: number | null;
    readonly conditions?: readonly WireCondition[] | null;
  };
}

/** What a workload's pods are made from. */
export interface WirePodTemplate {
  readonly containers?: readonly WireContainer[] | null;
  readonly volumes?: readonly { readonly configMap?: { readonly name?: string } | null }[] | null;
}

/** True for what buildx makes; anybody's workload may have the same name. */
export function runsBuildKit(workload: WireWorkload): boolean {
  return hasBuildKit(workload.spec?.template?.spec);
}

/** True for a pod, or a pod template, with a BuildKit container. */
export function hasBuildKit(spec: Pick<WirePodTemplate, "containers"> | undefined): boolean {
  return (spec?.containers ?? []).some(({ name }) => name === buildKitContainer);
}
