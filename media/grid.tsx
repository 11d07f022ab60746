import { useComputed, useSignal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { shortNames } from "../src/core/platform.ts";
import { focusSoon } from "./focus.ts";
import { differenceWidths, px, stageHeight } from "./geometry.ts";
import { moveInGrid } from "./gridKeys.ts";
import { StageHead, StepLine } from "./gridRow.tsx";
import { Icon } from "./icon.tsx";
import { t } from "./l10n.ts";
import { laneClass } from "./lane.ts";
import { useHead, usePanel, type Panel } from "./panel.ts";
import { groupItems, type TableGroup, type TableItem } from "./table.ts";
import { useVirtualizer, withIndex } from "./virtual.ts";

/** Heights in CSS pixels of what sticks to the top of the scroller: tabs and column heads (see style/grid.css). */
const stickyHeight = 34 + 28;

/** The focused cell; the line by its key, because lines move when they are sorted. */
export interface ActiveCell {
  readonly key: string;
  readonly column: number;
}

/** The table «Compare»: one line per Dockerfile step, one column per platform, one scale for all bars. */
export function Grid({ scroller, offset }: { scroller: HTMLElement | null; offset: number }): JSX.Element {
  const panel = usePanel();
  const active = useSignal<ActiveCell | undefined>(undefined);
  const items = panel.items.value;
  const layout = panel.layout.value;
  const lanes = panel.store.lanes.value;
  const groups = useComputed(() =>
    groupItems(panel.items.value, { stage: stageHeight, step: panel.layout.value.rowHeight }),
  ).value;
  const columns = 1 + lanes.length + (layout.difference === "none" ? 0 : 1);
  const activeKey = active.value?.key ?? items[0]?.key;
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller,
    estimateSize: (index) => (items[index]?.kind === "stage" ? stageHeight : layout.rowHeight),
    getItemKey: (index) => items[index]?.key ?? index,
    scrollMargin: offset + stickyHeight,
    scrollPaddingStart: stickyHeight + stageHeight,
    scrollPaddingEnd: 4,
    overscan: 6,
    rangeExtractor: withIndex(items.findIndex((item) => item.key === activeKey)),
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, layout.rowHeight, items]);
  const followed = panel.followed.value;
  const isReady = scroller !== null && offset > 0;
  useEffect(() => {
    if (!isReady || !followed) return;
    const index = items.findIndex((item) => item.key === followed.rowId);
    const before = scroller.scrollTop;
    if (followed.why === "done") scroller.scrollTop = 0;
    else if (index >= 0) virtualizer.scrollToIndex(index, { align: "auto" });
    if (scroller.scrollTop !== before) panel.scrolledItself(scroller.scrollTop);
    // Only another step, or another reason, counts: sorting and later rows must not scroll again.
  }, [followed?.rowId, followed?.why, isReady]);
  const revealed = panel.revealed.value;
  useEffect(() => {
    const index = items.findIndex((item) => item.key === revealed?.rowId);
    if (index < 0) return;
    focusCell({ key: items[index]?.key ?? "", column: 0 }, index);
    panel.revealed.value = undefined;
    // Only the wish counts: later rows must not scroll again.
  }, [revealed]);
  const root = useRef<HTMLDivElement>(null);
  const focusCell = (next: ActiveCell, index: number): void => {
    active.value = next;
    virtualizer.scrollToIndex(index, { align: "auto" });
    // The line may be drawn only now that it is the active one.
    requestAnimationFrame(() => cellElement(root.current, next)?.focus({ preventScroll: true }));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Not from the event's target: the next key may come before the focus has followed the last one.
    const from = active.peek();
    if (!from) return;
    const row = items.findIndex((item) => item.key === from.key);
    if (event.key === "Enter" || event.key === " ") activate(panel, items[row], from.column);
    else {
      const pageSize = Math.max(1, Math.floor((scroller?.clientHeight ?? 0) / layout.rowHeight) - 3);
      const next = moveInGrid(event, { row, column: from.column }, { rows: items.length, columns, pageSize });
      const key = next && items[next.row]?.key;
      if (!next || key === undefined) return;
      focusCell({ key, column: next.column }, next.row);
    }
    event.preventDefault();
  };
  return (
    <div
      ref={root}
      class="grid"
      role="grid"
      aria-label={t("Steps by platform")}
      aria-rowcount={items.length + 1}
      aria-colcount={columns}
      data-bars={layout.hasBars}
      data-stacked={layout.isStacked}
      style={{
        "--lanes": lanes.length,
        "--scale": panel.scaleMs.value,
        "--difference": px(differenceWidths[layout.difference]),
      }}
      onKeyDown={onKeyDown}
      onFocusOut={() => (panel.hasGridFocus.value = false)}
      onFocusIn={(event) => {
        panel.hasGridFocus.value = true;
        const place = placeOf(event.target);
        panel.clock.refreshSpoken();
        if (place && (place.key !== active.peek()?.key || place.column !== active.peek()?.column)) active.value = place;
      }}
      onClick={(event) => {
        const place = placeOf(event.target);
        if (!place || isControl(event.target)) return;
        const item = items.find((candidate) => candidate.key === place.key);
        select(panel, item, place.column);
        cellElement(root.current, place)?.focus({ preventScroll: true });
      }}
    >
      {items.length === 0 ? <NoSteps /> : <ColumnHeads />}
      <div
        class="grid-body"
        role="presentation"
        style={{ height: px(groups.reduce((sum, group) => sum + group.height, 0)) }}
      >
        {visibleGroups(groups, virtualizer.getVirtualItems()).map(({ group, indexes }) => (
          <div key={group.top} class="group" role="rowgroup" style={{ top: px(group.top), height: px(group.height) }}>
            {group.head !== undefined && <Line item={items[group.head]} index={group.head} top={0} active={active} />}
            {indexes.map((index) => (
              <Line
                key={items[index]?.key}
                item={items[index]}
                index={index}
                top={(group.head === undefined ? 0 : stageHeight) + (index - group.start) * layout.rowHeight}
                active={active}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function Line(props: {
  item: TableItem | undefined;
  index: number;
  top: number;
  active: Signal<ActiveCell | undefined>;
}): JSX.Element | null {
  const panel = usePanel();
  const { item, index, top, active } = props;
  if (!item) return null;
  const activeKey = active.value?.key ?? panel.items.value[0]?.key;
  const activeColumn = activeKey === item.key ? (active.value?.column ?? 0) : -1;
  if (item.kind === "stage") return <StageHead item={item} index={index} activeColumn={activeColumn} />;
  const row = panel.store.row(item.rowId);
  return row ? <StepLine row={row} index={index} top={top} activeColumn={activeColumn} /> : null;
}

function ColumnHeads(): JSX.Element {
  const { store, layout } = usePanel();
  const platforms = store.lanes.value.map((lane) => lane.platform);
  const names = layout.value.hasBars ? platforms : shortNames(platforms);
  return (
    <div class="line column-heads" role="row" aria-rowindex={1}>
      <div class="cell step-cell" role="columnheader" aria-colindex={1}>
        <span class="line-number">{t("line")}</span>
        <span>{t("step")}</span>
      </div>
      {platforms.map((platform, index) => (
        <div
          key={platform}
          class={`cell lane-head ${laneClass(index)}`}
          role="columnheader"
          aria-colindex={index + 2}
          title={platform}
        >
          <span class="swatch" aria-hidden="true" />
          <span class="name">{names[index]}</span>
        </div>
      ))}
      {layout.value.difference !== "none" && (
        <div class="cell difference" role="columnheader" aria-colindex={platforms.length + 2} title={t("difference")}>
          {layout.value.difference === "full" ? t("difference") : t("ratio")}
        </div>
      )}
    </div>
  );
}

function NoSteps(): JSX.Element {
  const { isRunning } = usePanel();
  const { messages, waitingFor } = useHead();
  return (
    <div class="empty">
      {waitingFor && (
        <p class="waiting">
          <Icon name="loading" className="verdict-running" />
          {waitingFor}
        </p>
      )}
      <p>
        {isRunning.value ? t("Steps appear here as soon as BuildKit reports them.") : t("This build has no steps.")}
      </p>
      {messages.length > 0 && <pre class="messages">{messages.join("\n")}</pre>}
    </div>
  );
}

function visibleGroups(
  groups: readonly TableGroup[],
  visible: readonly { readonly index: number }[],
): readonly { readonly group: TableGroup; readonly indexes: readonly number[] }[] {
  const indexes = visible.map((item) => item.index);
  return groups
    .map((group) => ({ group, indexes: indexes.filter((index) => index >= group.start && index < group.end) }))
    .filter(({ group, indexes: own }) => own.length > 0 || (group.head !== undefined && indexes.includes(group.head)));
}

function placeOf(target: EventTarget | null): ActiveCell | undefined {
  if (!(target instanceof HTMLElement)) return undefined;
  const cell = target.closest<HTMLElement>("[data-column]");
  const key = cell?.closest<HTMLElement>("[data-key]")?.dataset["key"];
  return cell && key !== undefined ? { key, column: Number(cell.dataset["column"]) } : undefined;
}

function cellElement(root: HTMLElement | null, place: ActiveCell): HTMLElement | null | undefined {
  return root?.querySelector<HTMLElement>(`[data-key="${CSS.escape(place.key)}"] [data-column="${place.column}"]`);
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("button") !== null;
}

/** Enter: a platform's cell opens its log, the step's own cell opens the Dockerfile at its line. */
function activate(panel: Panel, item: TableItem | undefined, column: number): void {
  const row = item?.kind === "step" ? panel.store.row(item.rowId)?.peek() : undefined;
  if (column === 0 && row?.line !== undefined) {
    panel.post({ type: "openDockerfile", line: row.line });
    return;
  }
  select(panel, item, column);
  if (row) focusSoon(`.log-column.${laneClass(column - 1)} .log-lines`, ".log-lines");
}

function select(panel: Panel, item: TableItem | undefined, column: number): void {
  if (item?.kind !== "step") return;
  const laneCount = panel.store.lanes.peek().length;
  const current = panel.selection.peek();
  const isLane = column >= 1 && column <= laneCount;
  const laneIndex = isLane ? column - 1 : current?.kind === "row" ? current.laneIndex : 0;
  panel.pick({ kind: "row", rowId: item.rowId, laneIndex });
}
