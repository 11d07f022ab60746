import type { WireCondition, WireMetadata } from "./wire.ts";

/** The parts of a Kubernetes `Pod` that are read here, as they come over the wire. */
export interface WirePod {
  readonly metadata?: WireMetadata;
  readonly spec?: {
    readonly nodeName?: string;
    readonly restartPolicy?: string;
    readonly schedulerName?: string;
    readonly nodeSelector?: Readonly<Record<string, string>> | null;
    readonly containers?: readonly WireContainer[] | null;
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly WireCondition[] | null;
    readonly initContainerStatuses?: readonly WireContainerStatus[] | null;
    readonly containerStatuses?: readonly WireContainerStatus[] | null;
  };
}

/** A container as its pod asks for it. */
export interface WireContainer {
  readonly name?: string;
  readonly image?: string;
  readonly readinessProbe?: { readonly periodSeconds?: number; readonly initialDelaySeconds?: number } | null;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> | null };
}

/** What has become of a container. */
export interface WireContainerStatus {
  readonly name?: string;
  readonly image?: string;
  readonly ready?: boolean;
  readonly started?: boolean | null;
  readonly restartCount?: number;
  readonly state?: WireContainerState | null;
  readonly lastState?: WireContainerState | null;
}

/** Exactly one of the three is there; none means waiting. */
export interface WireContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string } | null;
  readonly running?: { readonly startedAt?: string | null } | null;
  readonly terminated?: {
    readonly exitCode?: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string | null;
    readonly finishedAt?: string | null;
  } | null;
}
