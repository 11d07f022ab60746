import type { Access } from "./access.ts";
import { discoveryAt } from "./discovery.ts";
import type { Exchange } from "./exchange.ts";
import { type Kind, pods } from "./kinds.ts";
import { type Lists, listTypeOf } from "./lists.ts";
import { type Fields, isFields, type KubeObject, textIn } from "./objects.ts";
import type { PodObject } from "./podObjects.ts";
import { readBody } from "./protobuf.ts";
import { badRequest, noSuchPath } from "./refusal.ts";
import { change } from "./resources.ts";
import type { Store } from "./store.ts";
import { tableOf, wantsTable } from "./tables.ts";
import type { Texts } from "./texts.ts";
import { runWatch } from "./watches.ts";

/** How many objects are put into one piece of an answer, so that other requests get their turn in between. */
const pieceSize = 500;

/** What the router works with. */
export interface Backend {
  readonly store: Store;
  readonly lists: Lists;
  readonly texts: Texts;
  readonly access: Access;
  readonly bookmarkMs: number;
  /** What a pod's container has written. @throws {Refusal} it has not run */
  logOf(pod: PodObject, query: URLSearchParams): string;
}

/** Answers one request that has been let in. @throws {Refusal} it is refused */
export async function answer(exchange: Exchange, backend: Backend): Promise<void> {
  const { info } = exchange;
  const { kind, path, verb } = info;
  const body = readBody(await bodyOf(exchange));
  if (/^\/(?:readyz|livez|healthz)$/.test(path)) return exchange.send(200, "text/plain", ["ok"]);
  if (path === "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" && verb === "create") {
    return exchange.sendJson(201, reviewAccess(exchange.user, backend.access, body));
  }
  const discovery = discoveryAt(path);
  if (discovery && info.method === "GET") return exchange.sendJson(200, discovery);
  if (!kind || !/^(?:|status|log)$/.test(info.subresource)) throw noSuchPath();
  switch (verb) {
    case "list":
      return sendList(exchange, backend, kind);
    case "watch":
      return runWatch(exchange, backend.store, renderFor(exchange, backend, kind), backend.bookmarkMs);
    case "get": {
      const object = backend.store.get(kind, info.namespace, info.name);
      if (kind === pods && info.subresource === "log") {
        return exchange.send(200, "text/plain", [backend.logOf(object as PodObject, info.query)]);
      }
      return exchange.send(200, "application/json", [renderFor(exchange, backend, kind)(object)]);
    }
    default: {
      const contentType = exchange.request.headers["content-type"] ?? "";
      const { code, object } = change(backend.store, kind, info, body, contentType);
      return exchange.sendJson(code, object);
    }
  }
}

async function sendList(exchange: Exchange, { lists, texts }: Backend, kind: Kind): Promise<void> {
  const { info, request } = exchange;
  const { items, metadata } = lists.page(kind, info.namespace, info.query);
  if (wantsTable(request.headers.accept)) return exchange.sendJson(200, tableOf(kind, items, metadata));
  const head = `${JSON.stringify({ ...listTypeOf(kind), metadata }).slice(0, -1)},"items":[`;
  const pieces = [head];
  for (let start = 0; start < items.length; start += pieceSize) {
    const texted = items.slice(start, start + pieceSize).map((object) => texts.of(object));
    pieces.push((start > 0 ? "," : "") + texted.join(","));
    // Longer ones are asked for rarely; nobody else should wait for them.
    if (start > 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return exchange.send(200, "application/json", [...pieces, "]}\n"]);
}

function renderFor({ request }: Exchange, { texts }: Backend, kind: Kind): (object: KubeObject) => string {
  if (!wantsTable(request.headers.accept)) return (object) => texts.of(object);
  return (object) =>
    JSON.stringify(tableOf(kind, [object], { resourceVersion: object.metadata.resourceVersion ?? "" }));
}

function reviewAccess(user: string, access: Access, body: unknown): Fields {
  const spec = isFields(body) && isFields(body["spec"]) ? body["spec"] : {};
  const asked = spec["resourceAttributes"];
  if (!isFields(asked)) throw badRequest("the stand-in reviews resourceAttributes only");
  const text = (key: string): string => textIn(asked, key);
  const resource = text("subresource") === "" ? text("resource") : `${text("resource")}/${text("subresource")}`;
  const namespace = text("namespace") === "" ? undefined : text("namespace");
  const action = { verb: text("verb"), group: text("group"), resource, namespace, name: text("name") };
  const status = { allowed: access.isAllowed(user, action) };
  return { kind: "SelfSubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {}, spec, status };
}

async function bodyOf({ request }: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
