import type { JSX } from "preact";
import { Icon } from "./icon.tsx";
import { t } from "./l10n.ts";
import { Menu } from "./menu.tsx";
import { usePanel } from "./panel.ts";
import type { Sort } from "./table.ts";
import type { Tab } from "./view.ts";

/** Chooses between the table and the timeline; at its right end what concerns the table. */
export function TabBar(): JSX.Element {
  const { view, post } = usePanel();
  return (
    <div class="tab-bar">
      <div role="tablist" aria-label={t("Views")} onKeyDown={moveBetweenTabs}>
        <TabButton tab="compare" label={t("Compare")} />
        <TabButton tab="timeline" label={t("Timeline")} />
      </div>
      {view.tab.value === "compare" && (
        <div class="tools">
          <SortMenu />
          <button class="tool copy" onClick={() => post({ type: "copyTable" })}>
            {t("Copy Table")}
          </button>
        </div>
      )}
    </div>
  );
}

function TabButton({ tab, label }: { tab: Tab; label: string }): JSX.Element {
  const { view } = usePanel();
  const isSelected = view.tab.value === tab;
  return (
    <button
      role="tab"
      id={`tab-${tab}`}
      aria-selected={isSelected}
      aria-controls="view"
      tabIndex={isSelected ? 0 : -1}
      onClick={() => (view.tab.value = tab)}
    >
      {label}
    </button>
  );
}

function moveBetweenTabs(event: KeyboardEvent): void {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  const other = document.querySelector<HTMLElement>("[role=tab][aria-selected=false]");
  other?.click();
  other?.focus();
  event.preventDefault();
}

function SortMenu(): JSX.Element {
  const { view, store } = usePanel();
  const names: readonly (readonly [Sort, string])[] = [
    ["dockerfile", t("Dockerfile order")],
    ...(store.lanes.value.length > 1 ? [["difference", t("Largest difference")] as const] : []),
    ["duration", t("Longest time")],
  ];
  const current = names.find(([sort]) => sort === view.sort.value)?.[1] ?? t("Dockerfile order");
  return (
    <Menu
      className="tool"
      label={t("Sort: {0}", current)}
      items={names.map(([sort, label]) => ({
        label,
        isChecked: sort === view.sort.value,
        onSelect: () => (view.sort.value = sort),
      }))}
    >
      <span>{t("Sort: {0}", current)}</span>
      <Icon name="chevron-down" />
    </Menu>
  );
}
