import type { Trouble } from "../errors.ts";

/** One node of the cluster, as far as builds care. Read from a Kubernetes `Node`. */
export interface ClusterNode {
  readonly name: string;
  /** `status.nodeInfo.architecture`, which the kubelet reports; never guessed from a label. */
  readonly architecture: string;
  readonly operatingSystem: string;
  readonly isReady: boolean;
  /** Why the node is not ready, in words, with the kubelet's message; present exactly when it is not. */
  readonly notReadyReason?: string;
  readonly isCordoned: boolean;
  readonly kubeletVersion: string;
  /** CPU that pods may use, in cores. */
  readonly allocatableCpu: number;
  /** Memory that pods may use, in bytes. */
  readonly allocatableMemoryBytes: number;
  /** Taints as `key=value:Effect`, without the ones that only repeat a node condition. */
  readonly taints: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What a pod is doing, told from its conditions and container states. Texts are phrases in lower case, made to follow
 * a name.
 */
export type PodState =
  | { readonly kind: "ready" }
  /** Scheduled and on its way: `text` says what it waits for, `sinceMs` since when (epoch), where that is known. */
  | {
      readonly kind: "starting";
      readonly text: string;
      readonly sinceMs?: number;
      readonly detail?: string;
      /** True where only events tell what goes wrong meanwhile. */
      readonly isUnexplained?: true;
    }
  /**
   * Cannot go on by itself: `text` says why in our words, `detail` in Kubernetes' own, where it says more. `container`:
   * for one of its containers. `isNodeSilent`: its cluster node does not report; what runs there may well go on.
   */
  | {
      readonly kind: "stuck";
      readonly text: string;
      readonly detail?: string;
      readonly container?: string;
      readonly isNodeSilent?: true;
    }
  | { readonly kind: "terminating"; readonly text: string }
  /** Ended, or its container was killed: `text` says how (`out of memory`, `evicted: …`, `exit code 1`). */
  | { readonly kind: "dead"; readonly text: string; readonly detail?: string; readonly container?: string };

/** One pod of a builder node (a replica). Read from a Kubernetes `Pod`. */
export interface Pod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** Value of the `app` label, which is the name of the builder node's workload. */
  readonly app: string;
  readonly phase: string;
  readonly state: PodState;
  readonly nodeName?: string;
  readonly createdMs: number;
  /** Of BuildKit's container; others of the pod do not matter to a build. */
  readonly restarts: number;
  /** How BuildKit's container has ended, or ended before its last restart: a phrase such as `exit code 1`. */
  readonly lastEnd?: {
    readonly text: string;
    readonly isOutOfMemory: boolean;
    /** Epoch milliseconds. */
    readonly endedMs: number | undefined;
  };
}

/** The Deployment or StatefulSet of one builder node. */
export interface Workload {
  readonly kind: "Deployment" | "StatefulSet";
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Pods that its controller has made. */
  readonly madeReplicas: number;
  /** Whether all its pods have been ready once; a StatefulSet, whose status does not tell, is taken for such. */
  readonly wasReady: boolean;
  /** Platforms from buildx's annotation `buildx.docker.com/platform`. */
  readonly platforms: readonly string[];
  /**
   * Why its controller makes no pods (a quota, Pod Security that forbids privileged ones), in the API server's words.
   */
  readonly refusal?: string;
}

/** Something that Kubernetes has reported about an object. Read from a Kubernetes `Event`. */
export interface ClusterEvent {
  /** `metadata.uid` of the object. */
  readonly about: string;
  /** Kubernetes' word for the case, for example `FailedMount`. */
  readonly reason: string;
  readonly message: string;
  /** When it was last so, in epoch milliseconds; 0 when that is not known. */
  readonly lastMs: number;
}

/** How far a watched collection can be believed. */
export type WatchStatus =
  /** `waitsFor`: what the sign-in waits for when it takes its time; a sentence. */
  | { readonly kind: "loading"; readonly waitsFor?: string }
  | { readonly kind: "live" }
  /** The items are the last that were known. `isSilent`: because nothing is heard from the cluster at all. */
  | ({ readonly kind: "stale"; readonly isSilent?: true } & Trouble)
  /** Nothing can be known: forbidden, unreachable, not authenticated. */
  | ({ readonly kind: "failed"; readonly isForbidden?: true } & Trouble);

/** What is wrong with a watched collection; undefined when nothing is, as far as is known. */
export function watchTrouble(status: WatchStatus): Trouble | undefined {
  if (status.kind === "loading") return status.waitsFor === undefined ? undefined : { reason: status.waitsFor };
  return status.kind === "live" ? undefined : status;
}

/** A watched collection at one moment. A new object whenever anything in it changes. */
export interface Watched<T> {
  readonly status: WatchStatus;
  readonly items: readonly T[];
}
