import type { BuilderNodeStatus } from "../buildx/status.ts";
import type { ClusterNode, Pod, Watched, Workload } from "../cluster/objects.ts";
import type { Trouble } from "../errors.ts";

/** What is known of a kubernetes builder's namespace. */
export interface BuilderCluster {
  /** Kubeconfig context, as shown. */
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  readonly namespace: string;
  /** True when the namespace is gone: buildx makes workloads, but no namespace. */
  readonly isNamespaceMissing?: boolean;
  readonly workloads: Watched<Workload>;
  readonly pods: Watched<Pod>;
}

/** What a cluster says at one moment, for the namespace of one builder. */
export interface ClusterView {
  readonly clusterNodes: readonly ClusterNode[];
  readonly pods: readonly Pod[];
}

/** What is known about a builder beside its entry in the store. */
export type BuilderStatus =
  | { readonly kind: "kubernetes"; readonly cluster: BuilderCluster }
  | { readonly kind: "nodes"; readonly nodes: ReadonlyMap<string, BuilderNodeStatus> }
  /** Its cluster or machine cannot be asked. */
  | ({ readonly kind: "unreachable" } & Trouble)
  | { readonly kind: "loading" };
