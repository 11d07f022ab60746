import type { Pod } from "./objects.ts";
import { lastEndOf, podStateOf } from "./podState.ts";
import { timeOf } from "./wire.ts";
import type { WirePod } from "./wirePod.ts";

/** Reads a Kubernetes `Pod`. */
export function parsePod(object: unknown): Pod | undefined {
  const pod = object as WirePod;
  const { name, namespace = "", uid = "", labels, creationTimestamp } = pod.metadata ?? {};
  if (name === undefined) return undefined;
  const statuses = pod.status?.containerStatuses ?? [];
  const lastEnd = lastEndOf(pod);
  return {
    uid,
    name,
    namespace,
    app: labels?.["app"] ?? "",
    phase: pod.status?.phase ?? "",
    state: podStateOf(pod),
    nodeName: pod.spec?.nodeName,
    createdMs: timeOf(creationTimestamp) ?? 0,
    restarts: statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    ...(lastEnd && { lastEnd }),
  };
}
