import { randomBytes } from "node:crypto";
import { events, namespaces } from "./kinds.ts";
import { type KubeObject, timestamp } from "./objects.ts";
import type { Store } from "./store.ts";

/** What an Event object tells. */
export interface Happening {
  readonly type?: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** Who tells it. Default: `kubelet`. */
  readonly component?: string;
}

/** Makes the Event object, or counts one up that tells the same. */
export function recordEvent(store: Store, about: KubeObject, happening: Happening): void {
  const { type = "Normal", reason, message, component = "kubelet" } = happening;
  const { name, namespace = "default", uid } = about.metadata;
  if (store.find(namespaces, undefined, namespace)?.metadata.deletionTimestamp !== undefined) return;
  const same = [...store.all(events)].find(
    (event) => isAbout(event, uid) && event["reason"] === reason && event["message"] === message,
  );
  if (same) {
    const count = Number(same["count"] ?? 1) + 1;
    store.update(events, same, (event) => ({ ...event, count, lastTimestamp: timestamp() }));
    return;
  }
  // The scheduler uses the newer form, with another set of times.
  const isNewForm = component === "default-scheduler";
  const nowText = timestamp();
  store.create(events, {
    metadata: { name: `${name}.${randomBytes(8).toString("hex")}`, namespace },
    involvedObject: { kind: about.kind, namespace, name, uid, apiVersion: about.apiVersion },
    reason,
    message,
    type,
    ...(isNewForm
      ? { eventTime: new Date().toISOString().replace("Z", "000Z"), firstTimestamp: null, lastTimestamp: null }
      : { eventTime: null, firstTimestamp: nowText, lastTimestamp: nowText, count: 1 }),
    source: isNewForm ? {} : { component },
    reportingComponent: component,
    reportingInstance: "standin",
    action: isNewForm ? "Scheduling" : undefined,
  });
}

function isAbout(event: KubeObject, uid: string | undefined): boolean {
  return (event["involvedObject"] as { readonly uid?: string } | undefined)?.uid === uid;
}
