import type { KubeApi } from "./api.ts";
import {
  isPodUnexplained,
  isWorkloadUnexplained,
  parseEvent,
  podByEvent,
  podWithoutEvents,
  withEvents,
  workloadByEvent,
} from "./events.ts";
import { ListWatch, type Resource } from "./listWatch.ts";
import type { ClusterNode, Pod, Watched, WatchStatus, Workload } from "./objects.ts";
import { parseNode } from "./parseNode.ts";
import { collectionPath } from "./paths.ts";
import { parsePod } from "./parsePod.ts";
import { parseWorkload } from "./parseWorkload.ts";
import type { WirePod } from "./wirePod.ts";
import { hasBuildKit, runsBuildKit, type WireWorkload } from "./wireWorkload.ts";
import { workloadResource } from "./workloads.ts";

/** The watched collections of one cluster, of BuildKit's objects only; the same object for the same question. */
export interface Collections {
  nodes(): Resource<ClusterNode>;
  pods(namespace: string): Resource<Pod>;
  workloads(namespace: string): Resource<Workload>;
}

const verbs = "list, watch";

/** Makes the collections that are read through this API. None is watched before somebody listens. */
export function collections(api: KubeApi): Collections {
  const events = memoized((namespace) => {
    const path = collectionPath("events", namespace);
    const attempt = { verbs, resource: "events", namespace };
    return new ListWatch(api, { path, fieldSelector: "type=Warning", parse: parseEvent, attempt });
  });
  const nodes = new ListWatch(api, { path: "/api/v1/nodes", parse: parseNode, attempt: { verbs, resource: "nodes" } });
  return {
    nodes: () => nodes,
    pods: memoized((namespace) => {
      const path = collectionPath("pods", namespace);
      const attempt = { verbs, resource: "pods", namespace };
      // buildx labels all its pods so; the server need not send the others.
      const pods = new ListWatch(api, { path, labelSelector: "app", parse: parseBuildKitPod, attempt });
      return withEvents(pods, events(namespace), isPodUnexplained, podByEvent, podWithoutEvents);
    }),
    workloads: memoized((namespace) => {
      const statefulSets = workloads(api, "StatefulSet", namespace);
      return bothKinds(
        workloads(api, "Deployment", namespace),
        withEvents(statefulSets, events(namespace), isWorkloadUnexplained, workloadByEvent),
      );
    }),
  };
}

function workloads(api: KubeApi, kind: Workload["kind"], namespace: string): Resource<Workload> {
  const resource = workloadResource(kind);
  return new ListWatch(api, {
    path: collectionPath(resource, namespace),
    labelSelector: "app",
    parse: (object) => (runsBuildKit(object as WireWorkload) ? parseWorkload(kind, object) : undefined),
    attempt: { verbs, resource, namespace },
  });
}

/**
 * Both as one. Rights for Deployments alone are enough for most builders, so the two together fail only when both do.
 */
function bothKinds(deployments: Resource<Workload>, statefulSets: Resource<Workload>): Resource<Workload> {
  const joined = (): Watched<Workload> => {
    const [a, b] = [deployments.current, statefulSets.current];
    const status = doubt[a.status.kind] >= doubt[b.status.kind] ? a.status : b.status;
    return { status, items: [...a.items, ...b.items] };
  };
  return {
    get current() {
      return joined();
    },
    onDidChange: (listener) => {
      const parts = [deployments, statefulSets].map((part) => part.onDidChange(() => listener(joined())));
      return { dispose: () => parts.forEach((part) => part.dispose()) };
    },
  };
}

/** Which of two states the whole is in: the one with the higher number. */
const doubt: Readonly<Record<WatchStatus["kind"], number>> = { loading: 3, stale: 2, live: 1, failed: 0 };

function parseBuildKitPod(object: unknown): Pod | undefined {
  return hasBuildKit((object as WirePod).spec) ? parsePod(object) : undefined;
}

function memoized<T>(make: (namespace: string) => T): (namespace: string) => T {
  const made = new Map<string, T>();
  return (namespace) => {
    const known = made.get(namespace);
    if (known !== undefined) return known;
    const fresh = make(namespace);
    made.set(namespace, fresh);
    return fresh;
  };
}
