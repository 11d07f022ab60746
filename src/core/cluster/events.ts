import type { Trouble } from "../errors.ts";
import type { Disposable } from "../event.ts";
import { t } from "../l10n.ts";
import type { Resource } from "./listWatch.ts";
import { type ClusterEvent, type Pod, type Watched, watchTrouble, type Workload } from "./objects.ts";
import { timeOf } from "./wire.ts";

/** The parts of an `Event` that are read here. */
interface WireEvent {
  readonly involvedObject?: { readonly uid?: string } | null;
  readonly reason?: string;
  readonly message?: string;
  readonly eventTime?: string | null;
  readonly lastTimestamp?: string | null;
  readonly series?: { readonly lastObservedTime?: string | null } | null;
}

/** What is told by events only: nothing of it stands in the object that it is about. */
const reasons = new Set([
  "FailedMount",
  "FailedAttachVolume",
  "FailedMapVolume",
  "FailedCreatePodSandBox",
  "NetworkNotReady",
  "FailedCreate",
]);

/** Reads a Kubernetes `Event`; undefined for what is told elsewhere, too. */
export function parseEvent(object: unknown): ClusterEvent | undefined {
  const { involvedObject, reason = "", message = "", eventTime, lastTimestamp, series } = object as WireEvent;
  if (!involvedObject?.uid || !reasons.has(reason) || message === "") return undefined;
  const lastMs = timeOf(series?.lastObservedTime) ?? timeOf(lastTimestamp) ?? timeOf(eventTime) ?? 0;
  return { about: involvedObject.uid, reason, message, lastMs };
}

/** True while only events can tell what keeps the pod from starting. */
export function isPodUnexplained({ state }: Pod): boolean {
  return state.kind === "starting" && state.isUnexplained === true;
}

/** True while only events can tell why the workload has not its pods: StatefulSets have no condition for it. */
export function isWorkloadUnexplained({ kind, madeReplicas, replicas, refusal }: Workload): boolean {
  return kind === "StatefulSet" && madeReplicas < replicas && refusal === undefined;
}

/** The pod, stuck for what the latest event says. */
export function podByEvent(pod: Pod, { reason, message }: ClusterEvent): Pod {
  return { ...pod, state: { kind: "stuck", text: podText(reason, message), detail: message } };
}

/** The pod of which no event may be read, and why not. */
export function podWithoutEvents(pod: Pod, { reason }: Trouble): Pod {
  return pod.state.kind === "starting" ? { ...pod, state: { ...pod.state, detail: reason } } : pod;
}

/** The workload, with the reason of the latest event. */
export function workloadByEvent(workload: Workload, { message }: ClusterEvent): Workload {
  return { ...workload, refusal: message.replace(/^create Pod \S+ in StatefulSet \S+ failed error: /, "") };
}

function podText(reason: string, message: string): string {
  switch (reason) {
    case "FailedCreatePodSandBox":
    case "NetworkNotReady":
      return t("its network cannot be set up: {0}", innermost(message));
    default:
      return t("its volumes cannot be mounted: {0}", innermost(message));
  }
}

/** Kubelet and runtime each put their own words in front of the cause. */
function innermost(message: string): string {
  return message.replace(
    /^(?:MountVolume\.\S+ failed for volume "[^"]*" ?: |Failed to create pod sandbox: |rpc error: code = \S+ desc = |failed to setup network for sandbox "[^"]*": |network is not ready: )+/,
    "",
  );
}

/**
 * A collection with what only events tell of its items. The events are watched only while an item needs them: in a busy
 * namespace there are many.
 *
 * @param tell an item with its latest event
 * @param excuse an item whose events may not be read; as it is when absent
 */
export function withEvents<T extends { readonly uid: string }>(
  source: Resource<T>,
  events: Resource<ClusterEvent>,
  isUnexplained: (item: T) => boolean,
  tell: (item: T, event: ClusterEvent) => T,
  excuse?: (item: T, trouble: Trouble) => T,
): Resource<T> {
  const told = (item: T, { status, items }: Watched<ClusterEvent>): T => {
    if (!isUnexplained(item)) return item;
    const own = items.filter(({ about }) => about === item.uid).toSorted((a, b) => b.lastMs - a.lastMs);
    const trouble = watchTrouble(status);
    if (own[0]) return tell(item, own[0]);
    return trouble && excuse ? excuse(item, trouble) : item;
  };
  const joined = (): Watched<T> => {
    const { status, items } = source.current;
    return { status, items: items.map((item) => told(item, events.current)) };
  };
  return {
    get current() {
      return joined();
    },
    onDidChange: (listener) => {
      let watching: Disposable | undefined;
      const watchEvents = (): void => {
        if (source.current.items.some(isUnexplained)) watching ??= events.onDidChange(() => listener(joined()));
        else {
          watching?.dispose();
          watching = undefined;
        }
      };
      const own = source.onDidChange(() => {
        watchEvents();
        listener(joined());
      });
      watchEvents();
      return {
        dispose: () => {
          own.dispose();
          watching?.dispose();
        },
      };
    },
  };
}
