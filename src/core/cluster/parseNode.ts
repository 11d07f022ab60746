import { t } from "../l10n.ts";
import type { ClusterNode } from "./objects.ts";
import { bytesOf, coresOf } from "./quantity.ts";
import { metadataOf, type WireCondition } from "./wire.ts";

interface WireNode {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key?: string; readonly value?: string; readonly effect?: string }[] | null;
  };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>> | null;
    readonly conditions?: readonly WireCondition[] | null;
    readonly nodeInfo?: {
      readonly architecture?: string;
      readonly operatingSystem?: string;
      readonly kubeletVersion?: string;
    };
  };
}

/**
 * Taints that the node controller sets for what {@link ClusterNode} tells in other words (not ready, cordoned) or
 * what is a condition of its own and told with the reason.
 */
const conditionTaint = /^node\.kubernetes\.io\//;

/** Reads a Kubernetes `Node`. */
export function parseNode(object: unknown): ClusterNode | undefined {
  const { name, labels } = metadataOf(object);
  if (name === undefined) return undefined;
  const { spec, status } = object as WireNode;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const isReady = ready?.status === "True";
  const taints = (spec?.taints ?? []).filter(({ key }) => key !== undefined && !conditionTaint.test(key));
  return {
    name,
    architecture: status?.nodeInfo?.architecture ?? "",
    operatingSystem: status?.nodeInfo?.operatingSystem ?? "",
    isReady,
    ...(isReady ? {} : { notReadyReason: notReadyReason(ready) }),
    isCordoned: spec?.unschedulable === true,
    kubeletVersion: status?.nodeInfo?.kubeletVersion ?? "",
    allocatableCpu: coresOf(status?.allocatable?.["cpu"]),
    allocatableMemoryBytes: bytesOf(status?.allocatable?.["memory"]),
    taints: taints.map(({ key = "", value = "", effect = "" }) => `${key}${value === "" ? "" : `=${value}`}:${effect}`),
    labels: labels ?? {},
  };
}

function notReadyReason(ready: WireCondition | undefined): string {
  if (!ready) return t("The node has not reported yet.");
  const message = ready.message?.trim() ?? "";
  // The node controller sets Unknown when the kubelet has been silent; its message says no more than that.
  if (ready.status === "Unknown") return t("The node has stopped reporting: {0}", message);
  return message === "" ? (ready.reason ?? t("The node gives no reason.")) : message;
}
