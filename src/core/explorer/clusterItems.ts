import { type ClusterNode, type Watched, watchTrouble } from "../cluster/objects.ts";
import type { Trouble } from "../errors.ts";
import { t } from "../l10n.ts";
import { byName, cpu, dotted, memory } from "./format.ts";
import { item, loudest, message, type ExplorerItem } from "./item.ts";

/** The cluster of the user's kubeconfig context, as far as it is known. */
export type ClusterStatus =
  | { readonly kind: "connected"; readonly name: string; readonly nodes: Watched<ClusterNode> }
  /** There is no kubeconfig, or it is of no use. */
  | ({ readonly kind: "missing" | "unavailable" } & Trouble)
  | { readonly kind: "loading" };

/** The rows of the cluster: architectures, and the cluster nodes of each. */
export function clusterItem(cluster: ClusterStatus): ExplorerItem {
  const base = { id: "cluster", label: t("Cluster"), kind: "cluster", icon: "server-environment" } as const;
  switch (cluster.kind) {
    case "loading":
      return item(base, { description: t("loading"), isExpanded: true });
    case "missing":
    case "unavailable":
      return item(base, {
        isExpanded: true,
        severity: "warning",
        children: [message("cluster/unavailable", cluster)],
      });
    case "connected": {
      const { status, items } = cluster.nodes;
      const trouble = watchTrouble(status);
      const architectures = Map.groupBy(items, (node) => node.architecture);
      const children = [...architectures]
        .toSorted(byName)
        .map(([architecture, nodes]) => architectureItem(architecture, nodes));
      return item(base, {
        description: dotted(cluster.name, status.kind === "loading" && t("loading")),
        severity: trouble ? "warning" : "none",
        children: [...(trouble ? [message("cluster/trouble", trouble)] : []), ...children],
        isExpanded: true,
      });
    }
  }
}

function architectureItem(architecture: string, nodes: readonly ClusterNode[]): ExplorerItem {
  const count = nodes.length === 1 ? t("1 node") : t("{0} nodes", nodes.length);
  // They come sorted by name.
  const children = nodes.map(nodeItem);
  return item(
    { id: `cluster/${architecture}`, label: architecture, kind: "architecture", icon: "circuit-board" },
    {
      description: dotted(
        count,
        cpu(sum(nodes.map((node) => node.allocatableCpu))),
        memory(sum(nodes.map((node) => node.allocatableMemoryBytes))),
      ),
      severity: loudest(children.map((child) => child.severity)),
      children,
      isExpanded: nodes.length <= 20,
    },
  );
}

/** Rows of cluster nodes that have not changed: a large cluster changes a few at a time. */
const known = new WeakMap<ClusterNode, ExplorerItem>();

function nodeItem(node: ClusterNode): ExplorerItem {
  const same = known.get(node);
  if (same) return same;
  const fresh = newNodeItem(node);
  known.set(node, fresh);
  return fresh;
}

function newNodeItem(node: ClusterNode): ExplorerItem {
  return item(
    { id: `cluster/${node.architecture}/${node.name}`, label: node.name, kind: "clusterNode", icon: "vm" },
    {
      description: () =>
        dotted(
          node.isReady ? t("Ready") : t("not ready: {0}", node.notReadyReason ?? t("no reason given")),
          node.isCordoned && t("cordoned"),
          node.kubeletVersion,
          cpu(node.allocatableCpu),
          memory(node.allocatableMemoryBytes),
          node.taints.length > 0 && t("taint {0}", node.taints.join(", ")),
        ),
      details: () => [
        [t("Platform"), `${node.operatingSystem}/${node.architecture}`],
        [t("Kubelet"), node.kubeletVersion],
        [t("Allocatable"), dotted(cpu(node.allocatableCpu), memory(node.allocatableMemoryBytes))],
        [t("Taints"), node.taints.join(", ") || t("none")],
      ],
      severity: node.isReady ? "none" : "warning",
    },
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
