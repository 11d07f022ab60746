import { randomBytes } from "node:crypto";
import { admit } from "./admission.ts";
import { deleteObject, readDeleteOptions } from "./deletion.ts";
import { type Kind, namespaces, pods } from "./kinds.ts";
import { type Fields, isFields, type KubeObject, textIn, withMetadata } from "./objects.ts";
import { applyPatch } from "./patches.ts";
import { badRequest, invalid, notFound, Refusal } from "./refusal.ts";
import { readSelectors } from "./selectors.ts";
import type { RequestInfo } from "./requestInfo.ts";
import type { Store } from "./store.ts";

/** What a request to change something has led to. */
export interface Outcome {
  /** HTTP status. */
  readonly code: number;
  readonly object: KubeObject | Fields;
}

/** Does what a request asks for that is not only reading. @throws {Refusal} it cannot be done */
export function change(store: Store, kind: Kind, info: RequestInfo, body: unknown, contentType: string): Outcome {
  switch (info.verb) {
    case "create":
      return { code: 201, object: create(store, kind, info.namespace, body) };
    case "update":
      return { code: 200, object: update(store, kind, info, body) };
    case "patch":
      return { code: 200, object: patch(store, kind, info, body, contentType) };
    case "delete": {
      const object = store.get(kind, info.namespace, info.name);
      const deleted = deleteObject(store, kind, object, readDeleteOptions(body, info.query));
      const isGone = store.find(kind, info.namespace, info.name) === undefined;
      return { code: 200, object: isGone && kind !== pods ? successOf(kind, object) : deleted };
    }
    case "deletecollection": {
      const selector = readSelectors(info.query);
      for (const object of store.list(kind)) {
        if (kind.isNamespaced && object.metadata.namespace !== info.namespace) continue;
        if (selector?.(object) ?? true) deleteObject(store, kind, object, readDeleteOptions(body, info.query));
      }
      return { code: 200, object: successOf(kind, undefined) };
    }
    default:
      throw new Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  }
}

/** Makes an object as if a client had sent it. @throws {Refusal} it cannot be made */
export function create(store: Store, kind: Kind, namespace: string | undefined, body: unknown): KubeObject {
  const object = readObject(body);
  const { generateName = "", namespace: own } = object.metadata;
  const name = textIn(object.metadata, "name"); // not all clients send one
  if (own !== undefined && namespace !== undefined && kind.isNamespaced && own !== namespace) {
    throw badRequest(
      `the namespace of the provided object does not match the namespace sent on the request (${own}, ${namespace})`,
    );
  }
  if (name === "" && generateName === "")
    throw invalid("metadata.name: Required value: name or generateName is required");
  if (kind.isNamespaced) assertNamespace(store, namespace ?? own ?? "");
  const named = withMetadata(object, {
    name: name === "" ? `${generateName}${randomSuffix()}` : name,
    namespace: namespace ?? own,
    resourceVersion: undefined,
    uid: undefined,
  });
  return store.create(kind, admit(store, kind, named));
}

/** Five letters as Kubernetes adds them to generated names. */
export function randomSuffix(): string {
  const letters = "bcdfghjklmnpqrstvwxz2456789";
  return [...randomBytes(5)].map((byte) => letters.charAt(byte % letters.length)).join("");
}

function update(store: Store, kind: Kind, info: RequestInfo, body: unknown): KubeObject {
  const sent = readObject(body);
  if (sent.metadata.name !== info.name) {
    throw badRequest(
      `the name of the object (${sent.metadata.name}) does not match the name on the URL (${info.name})`,
    );
  }
  const object = withMetadata(sent, { namespace: kind.isNamespaced ? info.namespace : undefined });
  return store.replace(kind, mergedByPart(store.get(kind, info.namespace, info.name), object, info.subresource));
}

function patch(store: Store, kind: Kind, info: RequestInfo, body: unknown, contentType: string): KubeObject {
  const current = store.get(kind, info.namespace, info.name);
  const changed = readObject(applyPatch(current, body, contentType));
  return store.replace(kind, mergedByPart(current, changed, info.subresource));
}

/** The status is changed by its own path only, and nothing else is by that one. */
function mergedByPart(current: KubeObject, changed: KubeObject, subresource: string): KubeObject {
  const status = subresource === "status" ? changed["status"] : current["status"];
  const rest = subresource === "status" ? current : changed;
  return { ...rest, metadata: { ...rest.metadata, resourceVersion: changed.metadata.resourceVersion }, status };
}

function readObject(body: unknown): KubeObject {
  if (!isFields(body)) throw badRequest("the object provided is unrecognized");
  // Whether it has a name is looked at where it must have one.
  return { ...body, metadata: isFields(body["metadata"]) ? body["metadata"] : {} } as unknown as KubeObject;
}

function assertNamespace(store: Store, name: string): void {
  const namespace = store.find(namespaces, undefined, name);
  if (!namespace) throw notFound(namespaces, name);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  throw new Refusal(403, "Forbidden", `namespace "${name}" is forbidden: ${why}`);
}

function successOf({ plural, group }: Kind, object: KubeObject | undefined): Fields {
  const details = object ? { name: object.metadata.name, group, kind: plural, uid: object.metadata.uid } : undefined;
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}
