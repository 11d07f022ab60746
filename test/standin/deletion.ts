import { kinds, type Kind, namespaces, pods } from "./kinds.ts";
import { type Fields, isFields, type KubeObject, timestamp, withMetadata } from "./objects.ts";
import type { PodObject } from "./podObjects.ts";
import type { Store } from "./store.ts";

/** What a DELETE may say about how. */
export interface DeleteOptions {
  readonly graceSeconds?: number;
  /** False: what the object has made stays, without an owner. */
  readonly isCascading: boolean;
}

/** Reads `DeleteOptions` from a body, with what stands in the query. */
export function readDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const fields: Fields = isFields(body) ? body : {};
  const seconds = fields["gracePeriodSeconds"] ?? query.get("gracePeriodSeconds") ?? undefined;
  const policy = fields["propagationPolicy"] ?? query.get("propagationPolicy");
  return {
    ...(seconds === undefined ? {} : { graceSeconds: Number(seconds) }),
    isCascading: policy !== "Orphan",
  };
}

/**
 * Deletes as the API server and its controllers do: a pod that runs somewhere, and a namespace, first become
 * "terminating" and go when their end is done; everything else goes at once, and then what it owns.
 *
 * @returns the object as the answer shows it
 */
export function deleteObject(store: Store, kind: Kind, object: KubeObject, options: DeleteOptions): KubeObject {
  if (kind === pods) return deletePod(store, object as PodObject, options.graceSeconds);
  if (kind === namespaces) return deleteNamespace(store, object);
  store.remove(kind, object);
  releaseOwned(store, object, options.isCascading);
  return object;
}

function deletePod(store: Store, pod: PodObject, wantedSeconds: number | undefined): KubeObject {
  const seconds = wantedSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  const hasEnded = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  if (seconds === 0 || pod.spec.nodeName === undefined || hasEnded) {
    store.remove(pods, pod);
    return pod;
  }
  const known = pod.metadata.deletionGracePeriodSeconds;
  // A second deletion can only shorten the first.
  if (known !== undefined && known <= seconds) return pod;
  const marked = store.update(pods, pod, (current) =>
    withMetadata(current, {
      deletionTimestamp: timestamp(Date.now() + seconds * 1000),
      deletionGracePeriodSeconds: seconds,
    }),
  );
  return marked ?? pod;
}

function deleteNamespace(store: Store, namespace: KubeObject): KubeObject {
  const marked = store.update(namespaces, namespace, (current) => ({
    ...withMetadata(current, { deletionTimestamp: current.metadata.deletionTimestamp ?? timestamp() }),
    status: { phase: "Terminating" },
  }));
  for (const kind of kinds.filter(({ isNamespaced }) => isNamespaced)) {
    for (const object of store.list(kind)) {
      if (object.metadata.namespace !== namespace.metadata.name) continue;
      deleteObject(store, kind, object, { isCascading: true });
    }
  }
  removeEmptyNamespace(store, namespace.metadata.name);
  return marked ?? namespace;
}

/** Takes a terminating namespace away once nothing is left in it. */
export function removeEmptyNamespace(store: Store, name: string): void {
  const namespace = store.find(namespaces, undefined, name);
  if (namespace?.metadata.deletionTimestamp === undefined) return;
  const isEmpty = !kinds.some(
    (kind) => kind.isNamespaced && [...store.all(kind)].some(({ metadata }) => metadata.namespace === name),
  );
  if (isEmpty) store.remove(namespaces, namespace);
}

function releaseOwned(store: Store, { metadata: { uid, namespace } }: KubeObject, isCascading: boolean): void {
  for (const kind of kinds) {
    for (const object of store.list(kind)) {
      const owners = object.metadata.ownerReferences;
      if (!owners?.some((owner) => owner.uid === uid) || object.metadata.namespace !== namespace) continue;
      if (isCascading) deleteObject(store, kind, object, { isCascading });
      else store.update(kind, object, (current) => withMetadata(current, { ownerReferences: [] }));
    }
  }
}
