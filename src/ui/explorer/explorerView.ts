import * as vscode from "vscode";
import { views, type ExplorerRow } from "../../contributions.ts";
import type { Disposable } from "../../core/event.ts";
import { descriptionOf, type ExplorerItem } from "../../core/explorer/item.ts";
import { changedRows, ExplorerIndex, noticeOf } from "../../core/explorer/tree.ts";

/**
 * The tree in the sidebar. Rows are known to the editor by their ids, so that a new state of the same thing stays the
 * same row: nothing jumps, and what is expanded stays expanded.
 */
export class ExplorerView implements vscode.TreeDataProvider<ExplorerRow>, Disposable {
  readonly #changed = new vscode.EventEmitter<ExplorerRow | ExplorerRow[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #view: vscode.TreeView<ExplorerRow>;
  #index: ExplorerIndex | undefined;
  readonly #firstRows = Promise.withResolvers<void>();

  constructor() {
    this.#view = vscode.window.createTreeView(views.explorer, { treeDataProvider: this, showCollapseAll: true });
  }

  /** Whether the user can see the tree; nothing is asked of any cluster before. */
  get isVisible(): boolean {
    return this.#view.visible;
  }

  /** The row of that id, if it is shown. */
  find(id: ExplorerRow): ExplorerItem | undefined {
    return this.#index?.get(id);
  }

  onDidChangeVisibility(listener: (isVisible: boolean) => void): Disposable {
    return this.#view.onDidChangeVisibility(({ visible }) => listener(visible));
  }

  /** Shows these rows, drawing again only what differs. */
  show(roots: readonly ExplorerItem[]): void {
    const before = this.#index;
    this.#index = new ExplorerIndex(roots);
    const notice = noticeOf(roots);
    if (notice !== this.#view.message) this.#view.message = notice;
    if (!before) {
      this.#firstRows.resolve();
      return;
    }
    const changed = changedRows(before, this.#index);
    if (changed === "all") this.#changed.fire(undefined);
    else if (changed.length > 0) this.#changed.fire([...changed]);
  }

  async getChildren(id?: ExplorerRow): Promise<ExplorerRow[]> {
    await this.#firstRows.promise;
    const children = id === undefined ? this.#index?.roots : this.#index?.get(id)?.children;
    return (children ?? []).map((child) => child.id);
  }

  getTreeItem(id: ExplorerRow): vscode.TreeItem {
    const row = this.#index?.get(id);
    return row ? treeItem(row) : new vscode.TreeItem("");
  }

  getParent(id: ExplorerRow): ExplorerRow | undefined {
    return this.#index?.parentOf(id);
  }

  resolveTreeItem(shown: vscode.TreeItem, id: ExplorerRow): vscode.TreeItem {
    const row = this.#index?.get(id);
    if (row) shown.tooltip = tooltip(row);
    return shown;
  }

  dispose(): void {
    this.#view.dispose();
    this.#changed.dispose();
  }
}

function treeItem(row: ExplorerItem): vscode.TreeItem {
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  // A row that was once shown without a twistie comes up collapsed when it gets children; so one that is to be open
  // has its twistie before them.
  const closed = row.children.length === 0 ? None : Collapsed;
  const tree = new vscode.TreeItem(row.label, row.isExpanded ? Expanded : closed);
  tree.id = row.id;
  const description = descriptionOf(row);
  tree.description = description;
  tree.contextValue = row.kind;
  tree.iconPath = icon(row);
  tree.accessibilityInformation = { label: [row.label, description].filter(Boolean).join(", ") };
  if (row.kind === "runningBuild" || row.kind === "endedBuild")
    tree.command = { command: "multiArchBuilds.showBuild", title: vscode.l10n.t("Show Build"), arguments: [row.id] };
  if (row.kind === "problem")
    tree.command = { command: "multiArchBuilds.nextStep", title: vscode.l10n.t("Next Step"), arguments: [row.id] };
  return tree;
}

function icon(row: ExplorerItem): vscode.ThemeIcon {
  switch (row.severity) {
    case "none":
      return new vscode.ThemeIcon(row.icon);
    case "warning":
      return new vscode.ThemeIcon(
        row.children.length > 0 ? row.icon : "warning",
        new vscode.ThemeColor("problemsWarningIcon.foreground"),
      );
    case "error":
      return new vscode.ThemeIcon(
        row.children.length > 0 ? row.icon : "error",
        new vscode.ThemeColor("problemsErrorIcon.foreground"),
      );
  }
}

function tooltip(row: ExplorerItem): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  markdown.appendMarkdown("**").appendText(row.label).appendMarkdown("**");
  const description = descriptionOf(row);
  if (description) markdown.appendMarkdown("\n\n").appendText(description);
  const details = typeof row.details === "function" ? row.details() : row.details;
  for (const [label, value] of details) {
    if (value) markdown.appendMarkdown("\n\n").appendText(`${label}: ${value}`);
  }
  return markdown;
}
