import { randomUUID } from "node:crypto";
import { groupVersionOf, type Kind } from "./kinds.ts";
import type { KubeObject } from "./objects.ts";
import { badRequest, expiredContinue } from "./refusal.ts";
import { readSelectors } from "./selectors.ts";
import type { Store } from "./store.ts";

/** One page of a list, or all of it. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
}

interface Snapshot {
  readonly items: readonly KubeObject[];
  readonly version: number;
  /** With selectors the API server does not say how many are left. */
  readonly isFiltered: boolean;
}

/** How many lists that were not read to their end are kept. */
const keptSnapshots = 100;

/** Lists in pages: all pages of a list show the objects as they were at its first page. */
export class Lists {
  readonly #store: Store;
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws {Refusal} a selector cannot be read, or the list to go on with is forgotten */
  page(kind: Kind, namespace: string | undefined, query: URLSearchParams): Page {
    const limit = Number(query.get("limit") ?? 0) || Infinity;
    const token = query.get("continue");
    if (token) {
      const [id = "", start = ""] = Buffer.from(token, "base64url").toString().split(" ");
      const snapshot = this.#snapshots.get(id);
      if (!snapshot) throw expiredContinue();
      if (!/^\d+$/.test(start)) throw badRequest("continue key is not valid");
      return this.#cut(snapshot, Number(start), limit, id);
    }
    return this.#cut(this.#snapshot(kind, namespace, query), 0, limit, randomUUID());
  }

  /** Forgets all lists that were begun. */
  expire(): void {
    this.#snapshots.clear();
  }

  #snapshot(kind: Kind, namespace: string | undefined, query: URLSearchParams): Snapshot {
    const selector = readSelectors(query);
    let items = this.#store.list(kind);
    if (kind.isNamespaced && namespace !== undefined) {
      items = items.filter(({ metadata }) => metadata.namespace === namespace);
    }
    return {
      items: selector ? items.filter(selector) : items,
      version: this.#store.version,
      isFiltered: selector !== undefined,
    };
  }

  #cut(snapshot: Snapshot, start: number, limit: number, id: string): Page {
    const { items, version, isFiltered } = snapshot;
    const end = start + limit;
    const resourceVersion = String(version);
    if (end >= items.length) return { items: items.slice(start), metadata: { resourceVersion } };
    this.#snapshots.set(id, snapshot);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > keptSnapshots && oldest !== undefined) this.#snapshots.delete(oldest);
    const next = Buffer.from(`${id} ${end}`).toString("base64url");
    const left = isFiltered ? {} : { remainingItemCount: items.length - end };
    return { items: items.slice(start, end), metadata: { resourceVersion, continue: next, ...left } };
  }
}

/** `PodList` of `v1`. */
export function listTypeOf(kind: Kind): { readonly kind: string; readonly apiVersion: string } {
  return { kind: `${kind.kind}List`, apiVersion: groupVersionOf(kind) };
}
