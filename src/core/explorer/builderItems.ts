import type { Builder, BuilderNode } from "../buildx/builder.ts";
import type { BuilderNodeStatus } from "../buildx/status.ts";
import type { BuilderCluster, BuilderStatus } from "../builder/status.ts";
import { restartsText } from "../cluster/podState.ts";
import { type Pod, watchTrouble, type Workload } from "../cluster/objects.ts";
import type { Trouble } from "../errors.ts";
import { t } from "../l10n.ts";
import { age, byName, dotted } from "./format.ts";
import { item, loudest, noticeText, type ExplorerItem, type Severity } from "./item.ts";

/** The row of one builder with its nodes and their pods. */
export function builderItem(
  builder: Builder,
  status: BuilderStatus,
  nowMs: number,
  /** What is being done to it at the moment. */
  busy?: string,
): ExplorerItem {
  const id = `builder:${builder.name}`;
  const current = builder.isCurrent && t("current");
  if (builder.unreadable !== undefined)
    return item(
      { id, label: builder.name, kind: "unreadableBuilder", icon: "layers" },
      {
        description: dotted(t("unreadable: {0}", builder.unreadable), current),
        details: [[t("File"), builder.path ?? ""]],
        severity: "error",
        notice: t("The builder “{0}” is unreadable: {1}", builder.name, builder.unreadable),
      },
    );
  const nodes = builder.nodes.map((node) =>
    isElsewhere(node, builder, status) ? strayItem(id, node) : nodeItem(id, node, status, nowMs, busy),
  );
  const place = status.kind === "kubernetes" && `${status.cluster.name}/${status.cluster.namespace}`;
  const trouble = troubleWith(status);
  // Docker's own builder is always listed; without Docker it is not there to be used, and nothing is wrong.
  const isTrouble = trouble !== undefined && builder.driver !== "docker";
  const engineKind = trouble ? "stoppedEngine" : "engine";
  return item(
    { id, label: builder.name, kind: builder.path === undefined ? engineKind : "builder", icon: "layers" },
    {
      description: dotted(
        busy,
        builder.driver,
        place,
        isTrouble ? trouble.reason : trouble && t("not running"),
        current,
      ),
      details: [
        [t("Driver"), builder.driver],
        [t("State"), trouble?.reason ?? ""],
        [t("What to do"), trouble?.remedy ?? ""],
        ...(status.kind === "kubernetes"
          ? ([
              [t("Kubeconfig context"), status.cluster.name],
              [t("Namespace"), status.cluster.namespace],
            ] as const)
          : []),
        [t("Platforms"), builder.nodes.flatMap((node) => node.platforms).join(", ")],
        [t("File"), builder.path ?? ""],
      ],
      severity: loudest([...nodes.map((node) => node.severity), isTrouble ? "warning" : "none"]),
      ...(status.kind === "kubernetes" &&
        status.cluster.isNamespaceMissing && { notice: namespaceNotice(builder.name, status.cluster.namespace) }),
      ...(isTrouble && { notice: noticeText(trouble) }),
      children: nodes,
      isExpanded: builder.driver === "kubernetes",
    },
  );
}

function namespaceNotice(builder: string, namespace: string): string {
  return t(
    "The namespace {0} of the builder “{1}” is gone. Remove the builder and create it anew.",
    namespace,
    builder,
  );
}

function troubleWith(status: BuilderStatus): Trouble | undefined {
  if (status.kind === "unreachable") return status;
  if (status.kind !== "kubernetes") return undefined;
  return watchTrouble(status.cluster.workloads.status) ?? watchTrouble(status.cluster.pods.status);
}

/** A builder is followed where its first node is; others can be appended elsewhere by hand. */
function isElsewhere({ kubernetes }: BuilderNode, builder: Builder, status: BuilderStatus): boolean {
  if (status.kind !== "kubernetes" || !kubernetes) return false;
  const { namespace = status.cluster.namespace, kubeconfig } = kubernetes;
  return namespace !== status.cluster.namespace || kubeconfig !== builder.nodes[0]?.kubernetes?.kubeconfig;
}

function strayItem(parent: string, { name, platforms }: BuilderNode): ExplorerItem {
  const where = t("not followed: it is in another cluster or namespace than the first node");
  return item(
    { id: `${parent}/${name}`, label: name, kind: "builderNode", icon: "server-process" },
    { description: dotted(where, platforms.join(", ")) },
  );
}

function nodeItem(
  parent: string,
  node: BuilderNode,
  status: BuilderStatus,
  nowMs: number,
  busy: string | undefined,
): ExplorerItem {
  const id = `${parent}/${node.name}`;
  const platforms = node.platforms.join(", ");
  const base = { id, label: node.name, kind: "builderNode", icon: "server-process" } as const;
  const details = [[t("Endpoint"), node.endpoint], ...Object.entries(node.driverOptions).toSorted(byName)] as const;
  if (status.kind === "kubernetes" && node.kubernetes) {
    const { workload: app } = node.kubernetes;
    const workload = status.cluster.workloads.items.find((one) => one.name === app);
    const pods = status.cluster.pods.items.filter((pod) => pod.app === app);
    const isServed = workload !== undefined && workload.readyReplicas >= workload.replicas;
    const current = pods.filter((pod) => !(isServed && hasEnded(pod)));
    const [known, severity] = workloadState(workload, status.cluster, current);
    const refusal = workload?.refusal;
    const text = workload ? known : (busy ?? known);
    return item(base, {
      // The state first: a narrow sidebar cuts the end.
      description: dotted(text, platforms),
      details,
      severity,
      ...(refusal !== undefined && { notice: t("{0}: {1}", node.name, refusal) }),
      children: pods.map((pod) => podItem(id, pod, { nowMs, isMissed: current.includes(pod) })),
      isExpanded: true,
    });
  }
  if (status.kind === "nodes") {
    const [text, severity] = engineState(status.nodes.get(node.name));
    return item(base, { description: dotted(platforms, text), details, severity });
  }
  return item(base, {
    description: dotted(platforms, status.kind === "loading" && t("loading")),
    details,
    isExpanded: node.kubernetes !== undefined,
  });
}

function engineState(status: BuilderNodeStatus | undefined): readonly [text: string, severity: Severity] {
  switch (status?.kind) {
    case "running":
      return [t("running"), "none"];
    case "inactive":
      return [t("not running"), "none"];
    case "error":
      return [status.reason, "warning"];
    case undefined:
      return [t("unknown"), "none"];
  }
}

function workloadState(
  workload: Workload | undefined,
  { workloads: { status }, isNamespaceMissing = false }: BuilderCluster,
  pods: readonly Pod[],
): readonly [text: string, severity: Severity] {
  if (status.kind === "loading") return [t("loading"), "none"];
  if (status.kind === "failed") return [t("unknown"), "warning"];
  if (!workload && isNamespaceMissing) return [t("its namespace is gone"), "warning"];
  if (!workload) return [t("not created yet: the next build starts it"), "none"];
  if (workload.replicas === 0) return [t("scaled to 0"), "warning"];
  if (workload.refusal !== undefined) return [workload.refusal, "warning"];
  const text = t("{0} of {1} ready", workload.readyReplicas, workload.replicas);
  const isStuck = pods.some((pod) => pod.state.kind === "stuck" || pod.state.kind === "dead");
  return [text, isStuck ? "warning" : "none"];
}

/** Kubernetes keeps pods that were evicted, to be looked at, for as long as it likes. */
function hasEnded({ phase }: Pod): boolean {
  return phase === "Failed" || phase === "Succeeded";
}

function podItem(
  parent: string,
  pod: Pod,
  { nowMs, isMissed }: { readonly nowMs: number; readonly isMissed: boolean },
): ExplorerItem {
  const trouble = isMissed && (pod.state.kind === "stuck" || pod.state.kind === "dead");
  const restarts = pod.restarts > 0 && restartsText(pod.restarts);
  const text = pod.state.kind === "ready" ? undefined : pod.state.text;
  return item(
    { id: `${parent}/${pod.uid}`, label: pod.name, kind: "pod", icon: "package" },
    {
      description: dotted(pod.nodeName, text ?? age(nowMs - pod.createdMs), restarts),
      details: [
        [t("Namespace"), pod.namespace],
        [t("Phase"), pod.phase],
        [t("Cluster node"), pod.nodeName ?? t("not scheduled")],
        [t("Created"), new Date(pod.createdMs).toISOString()],
        ...(text === undefined ? [] : ([[t("State"), text]] as const)),
        ...("detail" in pod.state && pod.state.detail ? ([[t("Kubernetes says"), pod.state.detail]] as const) : []),
      ],
      severity: trouble ? "warning" : "none",
      // By the builder node: its other pods wait for the same, most often.
      ...(trouble && { notice: t("{0}: {1}", pod.app, pod.state.text) }),
    },
  );
}
