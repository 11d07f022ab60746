import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo } from "preact/hooks";
import { focusSoon } from "../focus.ts";
import { px } from "../geometry.ts";
import { Icon } from "../icon.tsx";
import { t } from "../l10n.ts";
import { laneClass } from "../lane.ts";
import { Menu } from "../menu.tsx";
import { useHead, usePanel } from "../panel.ts";
import { shortNames } from "../../src/core/platform.ts";
import { FindBar, type FoundLine, type StepMatches } from "./findBar.tsx";
import { LogColumnView } from "./logColumn.tsx";
import { LogSearch } from "./logSearch.ts";
import { logTargetOf, mostColumns, type LogColumn, type LogTarget } from "./logTarget.ts";
import { logHeightOf, sideBySideWidth } from "./splitter.tsx";

/** The log of the selected step, on two platforms side by side. */
export function LogPane(): JSX.Element {
  const panel = usePanel();
  const { store, view, logs } = panel;
  const selection = panel.selection.value;
  const row = selection?.kind === "row" ? store.row(selection.rowId)?.value : undefined;
  const build = { head: useHead(), lanes: store.lanes.value, shared: store.shared.value, row };
  const target = logTargetOf(selection, build, view.allPlatforms.value);
  const stepIds = target?.columns.map((column) => column.stepId) ?? [];
  const isStacked = panel.width.value < sideBySideWidth;
  useLayoutEffect(() => logs.watch(stepIds), [stepIds.join()]);
  return (
    <section
      id="log"
      class={`log ${view.logHeight.value === undefined && !panel.isLogWanted.value ? "yielding" : ""}`}
      aria-label={t("Log")}
      style={{ height: px(logHeightOf(panel)) }}
    >
      {target ? (
        <Logs target={target} isStacked={isStacked} />
      ) : (
        <p class="empty">{t("The log of a step appears here.")}</p>
      )}
    </section>
  );
}

function Logs({ target, isStacked }: { target: LogTarget; isStacked: boolean }): JSX.Element {
  const panel = usePanel();
  const found = useSignal<FoundLine | undefined>(undefined);
  const onlyMatches = useSignal(false);
  const matches = useMatches(target.columns, panel.query.value);
  return (
    <>
      <div class="log-bar">
        <Title target={target} />
        <LogTools />
      </div>
      {panel.query.value !== undefined && <FindBar matches={matches} found={found} onlyMatches={onlyMatches} />}
      <div class={`log-columns ${isStacked ? "stacked" : ""}`}>
        {target.columns.map((column, index) => (
          <LogColumnView
            key={column.stepId}
            column={column}
            matches={matches[index]?.lines ?? []}
            foundLine={found.value?.stepId === column.stepId ? found.value.line : undefined}
            onlyMatches={onlyMatches.value && Boolean(panel.query.value)}
          />
        ))}
      </div>
    </>
  );
}

/** Names the step; a click shows it in the table, however far away it is. */
function Title({ target }: { target: LogTarget }): JSX.Element {
  const { rowId, place, text } = target;
  const panel = usePanel();
  const content = (
    <>
      <strong>{place}</strong> {text}
    </>
  );
  if (rowId === undefined) return <h2 class="log-title">{content}</h2>;
  return (
    <h2 class="log-title">
      <button title={`${t("Show in table")}: ${place} ${text}`} onClick={() => panel.reveal(rowId)}>
        {content}
      </button>
    </h2>
  );
}

/** The numbers of the matching lines per column, kept up to date while the logs grow. */
function useMatches(columns: readonly LogColumn[], query: string | undefined): readonly StepMatches[] {
  const { logs } = usePanel();
  const stepIds = columns.map((column) => column.stepId);
  const searches = useMemo(
    () => stepIds.map((stepId) => ({ stepId, search: new LogSearch(query ?? "") })),
    [query, stepIds.join()],
  );
  if (!query) return [];
  return searches.map(({ stepId, search }) => {
    const { log, version } = logs.log(stepId);
    void version.value;
    return { stepId, lines: search.find(log) };
  });
}

function LogTools(): JSX.Element {
  const panel = usePanel();
  const { view, query } = panel;
  return (
    <div class="tools">
      <PlatformPicker />
      <button
        class="tool toggle"
        aria-pressed={view.follow.value}
        title={t("Scroll to new output as it comes")}
        onClick={() => panel.toggleFollow()}
      >
        <Icon name={view.follow.value ? "check" : "blank"} />
        {t("Follow")}
      </button>
      <button
        class="tool toggle"
        aria-pressed={query.value !== undefined}
        title={t("Find in log (F)")}
        onClick={() => {
          query.value = query.value === undefined ? "" : undefined;
          focusSoon(".find input");
        }}
      >
        {t("Find")}
      </button>
    </div>
  );
}

/** Both platforms or one of them; of more than two, one. */
function PlatformPicker(): JSX.Element | null {
  const { store, view, selection, width } = usePanel();
  const platforms = store.lanes.value.map((lane) => lane.platform);
  const current = selection.value;
  if (current?.kind !== "row" || platforms.length < 2) return null;
  const mayShowAll = platforms.length <= mostColumns;
  const showsAll = mayShowAll && view.allPlatforms.value;
  const names = shortNames(platforms);
  const show = (laneIndex: number): void => {
    view.allPlatforms.value = false;
    view.picked.value = { ...current, laneIndex };
  };
  if (!mayShowAll && width.value < sideBySideWidth) {
    const items = platforms.map((platform, laneIndex) => ({
      label: platform,
      isChecked: current.laneIndex === laneIndex,
      onSelect: () => show(laneIndex),
    }));
    return (
      <Menu className={`tool ${laneClass(current.laneIndex)}`} label={t("Platforms in the log")} items={items}>
        <span class="swatch" aria-hidden="true" />
        {names[current.laneIndex]}
        <Icon name="chevron-down" />
      </Menu>
    );
  }
  return (
    <div class="picker" role="group" aria-label={t("Platforms in the log")}>
      {mayShowAll && (
        <button class="tool toggle" aria-pressed={showsAll} onClick={() => (view.allPlatforms.value = true)}>
          {t("Both")}
        </button>
      )}
      {platforms.map((platform, laneIndex) => (
        <button
          key={platform}
          class={`tool toggle ${laneClass(laneIndex)}`}
          aria-pressed={!showsAll && current.laneIndex === laneIndex}
          title={platform}
          onClick={() => show(laneIndex)}
        >
          <span class="swatch" aria-hidden="true" />
          {names[laneIndex]}
        </button>
      ))}
    </div>
  );
}
