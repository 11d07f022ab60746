import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { Emitter, type Event } from "../../src/core/event.ts";
import { groupVersionOf, type Kind } from "./kinds.ts";
import { keyOf, type KubeObject, timestamp, withMetadata } from "./objects.ts";
import { alreadyExists, conflict, notFound } from "./refusal.ts";

/** One entry of the log that watches are fed from. */
export interface Change {
  /** Resource version that this change made. */
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly kind: Kind;
  readonly object: KubeObject;
  /** What it was before; absent for a new one. */
  readonly previous?: KubeObject;
}

interface Collection {
  readonly objects: Map<string, KubeObject>;
  /** In the order of lists; absent: to be sorted again. */
  keys: readonly string[] | undefined;
}

/**
 * All objects, with one counter of resource versions as in etcd, and the log of the latest changes. Objects are never
 * changed in place, so whoever has a list of them has a snapshot.
 */
export class Store {
  readonly #collections = new Map<Kind, Collection>();
  readonly #changed = new Emitter<Change>();
  readonly #logSize: number;
  #log: Change[] = [];
  #version = 1;
  #floor = 1;

  /** `logSize`: how many changes are kept for watches that come back. */
  constructor(logSize: number) {
    this.#logSize = logSize;
  }

  /** Fires within the change, so that a listener may see the objects as they are right after it. */
  get onDidChange(): Event<Change> {
    return this.#changed.event;
  }

  /** The latest resource version. */
  get version(): number {
    return this.#version;
  }

  /** The oldest version that a watch can go on from. */
  get oldestVersion(): number {
    return this.#floor;
  }

  /** All objects of a kind, sorted by namespace and name: a snapshot. */
  list(kind: Kind): readonly KubeObject[] {
    const collection = this.#collection(kind);
    collection.keys ??= [...collection.objects.keys()].toSorted();
    return collection.keys.flatMap((key) => collection.objects.get(key) ?? []);
  }

  /** All objects of a kind in no order, for those who look at all of them often. */
  all(kind: Kind): Iterable<KubeObject> {
    return this.#collection(kind).objects.values();
  }

  find(kind: Kind, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#collection(kind).objects.get(keyOf(kind.isNamespaced ? namespace : undefined, name));
  }

  /** @throws {Refusal} there is none */
  get(kind: Kind, namespace: string | undefined, name: string): KubeObject {
    const object = this.find(kind, namespace, name);
    if (!object) throw notFound(kind, name);
    return object;
  }

  /** @throws {Refusal} there is one already */
  create(kind: Kind, object: KubeObject): KubeObject {
    const { name, namespace } = object.metadata;
    if (this.find(kind, namespace, name)) throw alreadyExists(kind, name);
    const made = withMetadata(object, {
      namespace: kind.isNamespaced ? namespace : undefined,
      uid: randomUUID(),
      generation: object["spec"] === undefined ? undefined : 1,
      creationTimestamp: object.metadata.creationTimestamp ?? timestamp(),
    });
    return this.#write("ADDED", kind, made, undefined);
  }

  /**
   * Puts an object in the place of the one of that name; what cannot change stays. No change makes no version.
   *
   * @throws {Refusal} there is none, or the object's resource version is no longer the latest
   */
  replace(kind: Kind, object: KubeObject): KubeObject {
    const { name, namespace, resourceVersion } = object.metadata;
    const previous = this.get(kind, namespace, name);
    if (resourceVersion !== undefined && resourceVersion !== previous.metadata.resourceVersion) {
      throw conflict(kind, name);
    }
    const { uid, creationTimestamp, generation = 0, deletionTimestamp } = previous.metadata;
    const isSpecSame = isDeepStrictEqual(previous["spec"], object["spec"]);
    const next = withMetadata(object, {
      uid,
      creationTimestamp,
      resourceVersion: previous.metadata.resourceVersion,
      deletionTimestamp: deletionTimestamp ?? object.metadata.deletionTimestamp,
      generation: object["spec"] === undefined ? undefined : generation + (isSpecSame ? 0 : 1),
    });
    if (isDeepStrictEqual(withoutUndefined(previous), withoutUndefined(next))) return previous;
    return this.#write("MODIFIED", kind, next, previous);
  }

  /** Changes the object of that name, if it is there. */
  update(kind: Kind, { metadata }: KubeObject, change: (object: KubeObject) => KubeObject): KubeObject | undefined {
    const current = this.find(kind, metadata.namespace, metadata.name);
    if (!current || current.metadata.uid !== metadata.uid) return undefined;
    return this.replace(kind, change(current));
  }

  /** Takes it away at once; without effect when it is gone already. */
  remove(kind: Kind, { metadata }: KubeObject): void {
    const previous = this.find(kind, metadata.namespace, metadata.name);
    if (previous && previous.metadata.uid === metadata.uid) this.#write("DELETED", kind, previous, previous);
  }

  /** The changes after that version; undefined when they are no longer all known. */
  since(version: number): readonly Change[] | undefined {
    if (version < this.#floor) return undefined;
    let start = this.#log.length;
    while (start > 0 && (this.#log[start - 1]?.version ?? 0) > version) start -= 1;
    return this.#log.slice(start);
  }

  /** Forgets the log: no watch can go on from any version before this moment. */
  compact(): void {
    this.#log = [];
    this.#version += 1;
    this.#floor = this.#version;
  }

  #write(type: Change["type"], kind: Kind, object: KubeObject, previous: KubeObject | undefined): KubeObject {
    this.#version += 1;
    const { apiVersion, kind: kindName } = { apiVersion: groupVersionOf(kind), kind: kind.kind };
    const { metadata, ...rest } = object;
    const versioned = { ...metadata, resourceVersion: String(this.#version) };
    const written: KubeObject = { ...rest, apiVersion, kind: kindName, metadata: versioned };
    const collection = this.#collection(kind);
    const key = keyOf(metadata.namespace, metadata.name);
    if (type === "DELETED") collection.objects.delete(key);
    else collection.objects.set(key, written);
    if (type !== "MODIFIED") collection.keys = undefined;
    const change = { version: this.#version, type, kind, object: written, previous };
    this.#log.push(change);
    // In one go for a tenth of the log, since each removal at the front moves the whole array.
    if (this.#log.length > this.#logSize * 1.1) {
      const dropped = this.#log.splice(0, this.#log.length - this.#logSize);
      this.#floor = dropped.at(-1)?.version ?? this.#floor;
    }
    this.#changed.fire(change);
    return written;
  }

  #collection(kind: Kind): Collection {
    const known = this.#collections.get(kind);
    if (known) return known;
    const fresh: Collection = { objects: new Map(), keys: undefined };
    this.#collections.set(kind, fresh);
    return fresh;
  }
}

function withoutUndefined(object: KubeObject): unknown {
  return JSON.parse(JSON.stringify(object));
}
