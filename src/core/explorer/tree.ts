import type { Builder } from "../buildx/builder.ts";
import { t } from "../l10n.ts";
import type { BuilderStatus } from "../builder/status.ts";
import { builderItem } from "./builderItems.ts";
import type { BuildSummary } from "../build/snapshot.ts";
import { buildsItem } from "./buildItems.ts";
import type { Trouble } from "../errors.ts";
import { clusterItem, type ClusterStatus } from "./clusterItems.ts";
import { descriptionOf, item, message, type ExplorerItem } from "./item.ts";

/** Everything the explorer shows, as it is known at one moment. */
export interface ExplorerState {
  readonly builders: readonly (readonly [builder: Builder, status: BuilderStatus])[];
  readonly cluster: ClusterStatus;
  /** Why nothing can be built at the moment, whatever builders there are. */
  readonly buildx?: Trouble | undefined;
  readonly builds: readonly BuildSummary[];
  /** Tells what is being done to a builder at the moment, if anything. */
  readonly busy: { textOf(builder: string): string | undefined };
  readonly nowMs: number;
}

/** The explorer's rows. Pure, so that every state of builders and cluster can be tested without an editor. */
export function explorerTree(state: ExplorerState): readonly ExplorerItem[] {
  const builders = item(
    { id: "builders", label: t("Builders"), kind: "builders", icon: "layers" },
    {
      children: state.builders.map(([builder, status]) =>
        builderItem(builder, status, state.nowMs, state.busy.textOf(builder.name)),
      ),
      isExpanded: true,
    },
  );
  const builds = state.builds.length === 0 ? [] : [buildsItem(state.builds, state.nowMs)];
  const trouble = state.buildx ? [message("buildx", state.buildx)] : [];
  return [...trouble, builders, clusterItem(state.cluster), ...builds];
}

/** The tree by row id, with each row's parent. */
export class ExplorerIndex {
  readonly roots: readonly ExplorerItem[];
  readonly #items = new Map<string, { readonly item: ExplorerItem; readonly parent: string | undefined }>();

  constructor(roots: readonly ExplorerItem[]) {
    this.roots = roots;
    const add = (one: ExplorerItem, parent: string | undefined): void => {
      this.#items.set(one.id, { item: one, parent });
      for (const child of one.children) add(child, one.id);
    };
    for (const root of roots) add(root, undefined);
  }

  get(id: string): ExplorerItem | undefined {
    return this.#items.get(id)?.item;
  }

  parentOf(id: string): string | undefined {
    return this.#items.get(id)?.parent;
  }
}

/** What is wrong, in a sentence or two: the first of all rows' notices, and how many others there are. */
export function noticeOf(roots: readonly ExplorerItem[]): string | undefined {
  const notices = new Set<string>();
  const look = (row: ExplorerItem): void => {
    if (row.notice !== undefined) notices.add(row.notice);
    row.children.forEach(look);
  };
  roots.forEach(look);
  const [first] = notices;
  return notices.size > 1 ? t("{0} (and {1} more)", first ?? "", notices.size - 1) : first;
}

/**
 * The rows to draw again when the tree changes from `before` to `after`: the smallest set whose redrawing, each with
 * its children, shows everything. `"all"` when the roots themselves changed.
 */
export function changedRows(before: ExplorerIndex, after: ExplorerIndex): readonly string[] | "all" {
  if (ids(before.roots) !== ids(after.roots)) return "all";
  const changed: string[] = [];
  const compare = (old: ExplorerItem, now: ExplorerItem): void => {
    if (old === now) return;
    if (face(old) !== face(now) || ids(old.children) !== ids(now.children)) changed.push(now.id);
    else for (const child of now.children) compare(before.get(child.id) ?? child, child);
  };
  for (const root of after.roots) compare(before.get(root.id) ?? root, root);
  return changed;
}

/** What the editor shows of a row itself. */
function face(row: ExplorerItem): string {
  const { children, ...own } = row;
  return JSON.stringify([own, descriptionOf(row), children.length > 0]);
}

function ids(items: readonly ExplorerItem[]): string {
  return items.map((one) => one.id).join("\n");
}
