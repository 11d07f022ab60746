import type { Pod } from "./objects.ts";
import { lastEndOf, podStateOf } from "./podState.ts";
import { timeOf } from "./wire.ts";
import type { WirePod } from "./wirePod.ts";
import { buildKitContainer } from "./wireWorkload.ts";

/** Reads a Kubernetes `Pod`. */
export function parsePod(object: unknown): Pod | undefined {
  const pod = object as WirePod;
  const { name, namespace = "", uid = "", labels, creationTimestamp } = pod.metadata ?? {};
  if (name === undefined) return undefined;
  const own = pod.status?.containerStatuses?.find((status) => status.name === buildKitContainer);
  const lastEnd = lastEndOf(own);
  return {
    uid,
    name,
    namespace,
    app: labels?.["app"] ?? "",
    phase: pod.status?.phase ?? "",
    state: podStateOf(pod),
    nodeName: pod.spec?.nodeName,
    createdMs: timeOf(creationTimestamp) ?? 0,
    restarts: own?.restartCount ?? 0,
    ...(lastEnd && { lastEnd }),
  };
}
