/** One resource of the API, as discovery tells it. */
export interface Kind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The resource's name in paths, in the plural. */
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly shortNames: readonly string[];
}

function core(plural: string, kind: string, isNamespaced: boolean, ...shortNames: readonly string[]): Kind {
  return { group: "", version: "v1", plural, kind, isNamespaced, shortNames };
}

function apps(plural: string, kind: string, ...shortNames: readonly string[]): Kind {
  return { group: "apps", version: "v1", plural, kind, isNamespaced: true, shortNames };
}

export const namespaces = core("namespaces", "Namespace", false, "ns");
export const clusterNodes = core("nodes", "Node", false, "no");
export const pods = core("pods", "Pod", true, "po");
export const events = core("events", "Event", true, "ev");
export const configMaps = core("configmaps", "ConfigMap", true, "cm");
export const resourceQuotas = core("resourcequotas", "ResourceQuota", true, "quota");
export const deployments = apps("deployments", "Deployment", "deploy");
export const replicaSets = apps("replicasets", "ReplicaSet", "rs");
export const statefulSets = apps("statefulsets", "StatefulSet", "sts");

/** All resources that the stand-in knows. */
export const kinds: readonly Kind[] = [
  namespaces,
  clusterNodes,
  pods,
  events,
  configMaps,
  resourceQuotas,
  core("secrets", "Secret", true),
  core("serviceaccounts", "ServiceAccount", true, "sa"),
  core("persistentvolumeclaims", "PersistentVolumeClaim", true, "pvc"),
  deployments,
  replicaSets,
  statefulSets,
];

/** The resource of that name; undefined when there is none. */
export function findKind(group: string, version: string, plural: string): Kind | undefined {
  return kinds.find((one) => one.group === group && one.version === version && one.plural === plural);
}

/** `v1` or `apps/v1`. */
export function groupVersionOf({ group, version }: Pick<Kind, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `pods` or `deployments.apps`, as messages name a resource. */
export function qualifiedName({ plural, group }: Pick<Kind, "plural" | "group">): string {
  return group === "" ? plural : `${plural}.${group}`;
}
