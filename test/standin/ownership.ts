import { controllerOf, keyOf, type KubeObject } from "./objects.ts";
import type { Kind } from "./kinds.ts";
import type { Change, Store } from "./store.ts";

/** Which objects of one kind belong to which owner; kept up to date, so that nobody looks through 20,000 pods. */
export class Ownership {
  readonly #store: Store;
  readonly #kind: Kind;
  readonly #names = new Map<string, Map<string, KubeObject["metadata"]>>();

  constructor(store: Store, kind: Kind) {
    this.#store = store;
    this.#kind = kind;
    store.onDidChange((change) => this.#note(change));
  }

  /** What the owner of that uid controls. */
  of(ownerUid: string | undefined): readonly KubeObject[] {
    const owned = this.#names.get(ownerUid ?? "") ?? new Map<string, KubeObject["metadata"]>();
    return [...owned.values()].flatMap(({ namespace, name }) => this.#store.find(this.#kind, namespace, name) ?? []);
  }

  #note({ kind, type, object }: Change): void {
    const owner = controllerOf(object);
    if (kind !== this.#kind || !owner) return;
    const owned = this.#names.get(owner.uid) ?? new Map<string, KubeObject["metadata"]>();
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (type === "DELETED") owned.delete(key);
    else owned.set(key, object.metadata);
    if (owned.size > 0) this.#names.set(owner.uid, owned);
    else this.#names.delete(owner.uid);
  }
}
