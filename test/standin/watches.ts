import type { Exchange } from "./exchange.ts";
import { groupVersionOf, type Kind } from "./kinds.ts";
import type { KubeObject } from "./objects.ts";
import { type Refusal, tooOldVersion } from "./refusal.ts";
import { readSelectors, type Selector } from "./selectors.ts";
import type { Change, Store } from "./store.ts";

/** Makes the text of an object, as this client wants it. */
export type Render = (object: KubeObject) => string;

/** As the API server has it, for a client that does not say how long. */
const longestWatchSeconds = 1800;

/** Which changes a watch shows. */
interface Scope {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly selector: Selector | undefined;
}

/** Runs a watch until its time is over or its connection is gone. */
export async function runWatch(exchange: Exchange, store: Store, render: Render, bookmarkMs: number): Promise<void> {
  const { info, outlet } = exchange;
  const { kind, query } = info;
  if (!kind) return;
  const namespace = kind.isNamespaced ? info.namespace : undefined;
  const scope: Scope = { kind, namespace, name: info.name, selector: readSelectors(query) };
  const ended = Promise.withResolvers<void>();
  const send = (type: string, text: string): void => void outlet.write(`{"type":"${type}","object":${text}}\n`);
  const show = (change: Change): void => {
    const type = eventType(change, scope);
    if (type) send(type, render(change.object));
  };
  const bookmark = (annotations?: Readonly<Record<string, string>>): void =>
    send("BOOKMARK", bookmarkText(kind, store.version, annotations));
  const fail = (refusal: Refusal): void => {
    send("ERROR", JSON.stringify(refusal.toStatus()));
    ended.resolve();
  };

  exchange.begin(200, { "content-type": "application/json" });
  exchange.watch = { fail, bookmark: () => bookmark() };
  const version = query.get("resourceVersion") ?? "";
  if (version === "" || version === "0" || isTrue(query, "sendInitialEvents")) {
    for (const object of store.list(kind)) if (isInScope(object, scope)) send("ADDED", render(object));
    if (isTrue(query, "sendInitialEvents")) bookmark({ "k8s.io/initial-events-end": "true" });
  } else {
    const missed = store.since(Number(version));
    // Like the API server, which has accepted the watch by then: inside it, not as an answer.
    if (!missed) fail(tooOldVersion(Number(version), store.oldestVersion));
    for (const change of missed ?? []) show(change);
  }

  const subscription = store.onDidChange(show);
  const seconds = Number(query.get("timeoutSeconds") ?? longestWatchSeconds) || longestWatchSeconds;
  const timer = setTimeout(() => ended.resolve(), seconds * 1000);
  const bookmarks = isTrue(query, "allowWatchBookmarks") ? setInterval(bookmark, bookmarkMs, undefined) : undefined;
  outlet.closed.addEventListener("abort", () => ended.resolve(), { once: true });
  if (outlet.closed.aborted) ended.resolve();
  await ended.promise;
  subscription.dispose();
  clearTimeout(timer);
  clearInterval(bookmarks);
  exchange.watch = undefined;
  await outlet.end();
}

/** An object that begins to match is new to the watcher, one that no longer does is gone. */
function eventType({ type, kind, object, previous }: Change, scope: Scope): Change["type"] | undefined {
  if (kind !== scope.kind) return undefined;
  const was = previous !== undefined && isInScope(previous, scope);
  const is = type !== "DELETED" && isInScope(object, scope);
  if (is) return was ? "MODIFIED" : "ADDED";
  return was ? "DELETED" : undefined;
}

function isInScope(object: KubeObject, { namespace, name, selector }: Scope): boolean {
  const { metadata } = object;
  return (
    (namespace === undefined || metadata.namespace === namespace) &&
    (name === "" || metadata.name === name) &&
    (selector?.(object) ?? true)
  );
}

function bookmarkText(kind: Kind, version: number, annotations?: Readonly<Record<string, string>>): string {
  const metadata = { resourceVersion: String(version), creationTimestamp: null, annotations };
  return JSON.stringify({ kind: kind.kind, apiVersion: groupVersionOf(kind), metadata });
}

function isTrue(query: URLSearchParams, name: string): boolean {
  return /^(?:1|true)$/.test(query.get(name) ?? "");
}
