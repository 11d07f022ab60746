import type { Builder } from "../buildx/builder.ts";
import { kubeconfigOf } from "../buildx/kubeconfig.ts";
import type { ClusterConnection, ClusterConnections } from "../cluster/cluster.ts";
import { UserError } from "../errors.ts";
import { t } from "../l10n.ts";

/**
 * Connects to the cluster of a kubernetes builder as buildx would; the caller disposes the connection.
 *
 * @throws UserError when its kubeconfig is gone or cannot be used
 */
export async function openBuilderCluster(
  builder: Builder,
  connections: ClusterConnections,
): Promise<ClusterConnection> {
  const kubeconfig = await kubeconfigOf(builder);
  if (kubeconfig.kind === "missing")
    throw new UserError(t("The kubeconfig it was created with is gone: {0}", kubeconfig.path));
  return connections.open(kubeconfig.kind === "file" ? { kubeconfig: kubeconfig.path } : {});
}

/** Where a builder's pods are, as people say it: `prod/buildkit`; undefined where that cannot be told. */
export async function builderPlace(builder: Builder, connections: ClusterConnections): Promise<string | undefined> {
  try {
    const connection = await openBuilderCluster(builder, connections);
    try {
      return `${connection.name}/${namespaceOf(builder, connection)}`;
    } finally {
      connection.dispose();
    }
  } catch (error) {
    if (error instanceof UserError) return undefined; // Whoever does something there is told.
    throw error;
  }
}

/** The namespace of a builder's pods. */
export function namespaceOf(builder: Builder, connection: ClusterConnection): string {
  return builder.nodes.find((node) => node.kubernetes?.namespace)?.kubernetes?.namespace ?? connection.namespace;
}
