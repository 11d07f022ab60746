import type { Platform } from "../platform.ts";

/** A buildx driver; unknown names of later versions pass through as they are. */
export type Driver = "docker" | "docker-container" | "kubernetes" | "remote" | "cloud" | (string & {});

/** One entry of a builder, as the buildx store describes it. */
export interface BuilderNode {
  readonly name: string;
  readonly endpoint: string;
  /** Platforms given with `create --platform`; buildx routes by them. Empty: buildx asks the worker. */
  readonly platforms: readonly Platform[];
  readonly driverOptions: Readonly<Record<string, string>>;
  /** Present for the kubernetes driver. */
  readonly kubernetes?: {
    /** Name of the Deployment or StatefulSet: the node's name with `_` as `-`. Also its pods' `app` label. */
    readonly workload: string;
    /** Driver option `namespace`; absent: the kubeconfig context's own. */
    readonly namespace?: string;
    readonly replicas: number;
    /** The kubeconfig file this node was created with; absent: the default one at the time of use. */
    readonly kubeconfig?: string;
  };
}

/** One buildx builder instance. */
export interface Builder {
  readonly name: string;
  readonly driver: Driver;
  readonly nodes: readonly BuilderNode[];
  /** True for the one that `docker buildx build` takes when none is named. */
  readonly isCurrent: boolean;
  /** The instance file; absent for builders that buildx derives from docker contexts. */
  readonly path?: string;
  /** Why the instance file could not be read; then `nodes` is empty. */
  readonly unreadable?: string;
}
