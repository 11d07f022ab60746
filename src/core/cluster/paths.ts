const groups = {
  configmaps: "/api/v1",
  cronjobs: "/apis/batch/v1",
  daemonsets: "/apis/apps/v1",
  deployments: "/apis/apps/v1",
  events: "/api/v1",
  jobs: "/apis/batch/v1",
  persistentvolumeclaims: "/api/v1",
  pods: "/api/v1",
  secrets: "/api/v1",
  services: "/api/v1",
  statefulsets: "/apis/apps/v1",
} as const;

/** Kinds of objects that live in a namespace, as the API's paths call them. */
export type NamespacedResource = keyof typeof groups;

/** Path in the API of all objects of a kind in a namespace. */
export function collectionPath(resource: NamespacedResource, namespace: string): string {
  return `${groups[resource]}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
}

/** Path in the API of one object. */
export function objectPath(resource: NamespacedResource, namespace: string, name: string): string {
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
}
