import { batch, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { BuildHead, BuildSnapshot, BuildUpdate, Lane, SharedStep, StepRow } from "../src/core/build/snapshot.ts";

/**
 * The build as the extension has last told it. Each row is a signal of its own, so that an update touches only the
 * rows it brings; sums over many rows depend on {@link revision} instead of on each row.
 */
export class BuildStore {
  readonly #head = signal<BuildHead | undefined>(undefined);
  readonly #lanes = signal<readonly Lane[]>([]);
  readonly #shared = signal<readonly SharedStep[]>([]);
  readonly #rowIds = signal<readonly string[]>([]);
  readonly #revision = signal(0);
  readonly #rows = new Map<string, Signal<StepRow>>();

  get head(): ReadonlySignal<BuildHead | undefined> {
    return this.#head;
  }
  get lanes(): ReadonlySignal<readonly Lane[]> {
    return this.#lanes;
  }
  get shared(): ReadonlySignal<readonly SharedStep[]> {
    return this.#shared;
  }
  /** Ids of the rows in the order of the Dockerfile; changes only when rows come, go or move. */
  get rowIds(): ReadonlySignal<readonly string[]> {
    return this.#rowIds;
  }
  /** Counts the updates that have changed rows. */
  get revision(): ReadonlySignal<number> {
    return this.#revision;
  }

  /** The row with this id, kept up to date; undefined when there is none. */
  row(id: string): ReadonlySignal<StepRow> | undefined {
    return this.#rows.get(id);
  }

  /** All rows as they are now. Whoever computes from them reads {@link revision} to be told of changes. */
  rows(ids: readonly string[] = this.#rowIds.peek()): readonly StepRow[] {
    return ids.map((id) => this.#rows.get(id)?.peek()).filter((row) => row !== undefined);
  }

  /** Replaces everything. */
  applySnapshot(build: BuildSnapshot): void {
    batch(() => {
      this.#head.value = build.head;
      this.#lanes.value = build.lanes;
      this.#shared.value = build.shared;
      this.#putRows(
        build.rows,
        build.rows.map((row) => row.id),
      );
    });
  }

  /** Puts whole values in their places; what is not named stays as it is. */
  applyUpdate(update: BuildUpdate): void {
    batch(() => {
      if (update.head) this.#head.value = update.head;
      if (update.lanes) this.#lanes.value = merge(this.#lanes.peek(), update.lanes, (lane) => lane.platform);
      if (update.shared) this.#shared.value = merge(this.#shared.peek(), update.shared, (step) => step.stepId);
      if (update.rows || update.rowOrder) this.#putRows(update.rows ?? [], update.rowOrder);
    });
  }

  #putRows(rows: readonly StepRow[], order: readonly string[] | undefined): void {
    const added: string[] = [];
    for (const row of rows) {
      const known = this.#rows.get(row.id);
      if (known) known.value = row;
      else {
        this.#rows.set(row.id, signal(row));
        added.push(row.id);
      }
    }
    if (order) {
      const kept = new Set(order);
      for (const id of this.#rows.keys()) if (!kept.has(id)) this.#rows.delete(id);
      if (!isSame(order, this.#rowIds.peek())) this.#rowIds.value = order;
    } else if (added.length > 0) {
      this.#rowIds.value = [...this.#rowIds.peek(), ...added];
    }
    this.#revision.value += 1;
  }
}

function merge<T>(old: readonly T[], changed: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const byKey = new Map(changed.map((item) => [keyOf(item), item]));
  const merged = old.map((item) => {
    const next = byKey.get(keyOf(item));
    byKey.delete(keyOf(item));
    return next ?? item;
  });
  return [...merged, ...byKey.values()];
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
