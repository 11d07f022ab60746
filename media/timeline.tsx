import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { spokenTime, stateWord } from "./describe.ts";
import { formatDuration, formatRunning } from "../src/core/build/format.ts";
import { extentOf, niceCeil, px, stageHeight, timeTicks } from "./geometry.ts";
import { moveInGrid } from "./gridKeys.ts";
import { StateIcon } from "./icon.tsx";
import { t } from "./l10n.ts";
import { laneClass } from "./lane.ts";
import { useHead, usePanel } from "./panel.ts";
import { groupItems } from "./table.ts";
import { timelineItems, type TimelineBar, type TimelineHead } from "./timelineItems.ts";
import { useVirtualizer, withIndex } from "./virtual.ts";

const barHeight = 26;
/** Tabs and axis, which stick to the top of the scroller. */
const stickyHeight = 34 + 28;

/** The steps of each platform on one axis of time, in the order they began. */
export function Timeline({ scroller, offset }: { scroller: HTMLElement | null; offset: number }): JSX.Element {
  const panel = usePanel();
  const items = useComputed(() => {
    void panel.store.revision.value;
    return timelineItems(panel.store.lanes.value, panel.store.rows());
  }).value;
  const active = useSignal<string | undefined>(undefined);
  const activeKey = active.value ?? items.find((item) => item.kind === "step")?.key;
  const groups = groupItems(items, { stage: stageHeight, step: barHeight });
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller,
    estimateSize: (index) => (items[index]?.kind === "stage" ? stageHeight : barHeight),
    getItemKey: (index) => items[index]?.key ?? index,
    scrollMargin: offset + stickyHeight,
    scrollPaddingStart: stickyHeight + stageHeight,
    overscan: 6,
    rangeExtractor: withIndex(items.findIndex((item) => item.key === activeKey)),
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, items.length]);
  const root = useRef<HTMLDivElement>(null);
  const visible = virtualizer.getVirtualItems().map((item) => item.index);
  const move = (event: KeyboardEvent): void => {
    const row = items.findIndex((item) => item.key === activeKey);
    const next = moveInGrid(
      { key: event.key, ctrlKey: true },
      { row, column: 0 },
      { rows: items.length, columns: 1, pageSize: 10 },
    );
    const target = event.key === "ArrowDown" ? row + 1 : event.key === "ArrowUp" ? row - 1 : next?.row;
    const item = target === undefined ? undefined : nearestBar(items, target, (target ?? 0) >= row ? 1 : -1);
    if (!item) return;
    event.preventDefault();
    active.value = item.key;
    virtualizer.scrollToIndex(items.indexOf(item), { align: "auto" });
    requestAnimationFrame(() =>
      root.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(item.key)}"]`)?.focus({ preventScroll: true }),
    );
  };
  return (
    <div ref={root} class="timeline" aria-label={t("Steps over time")} role="group" onKeyDown={move}>
      <Axis />
      <div class="grid-body" style={{ height: px(groups.reduce((sum, group) => sum + group.height, 0)) }}>
        {groups.map((group) => {
          const indexes = visible.filter((index) => index >= (group.head ?? group.start) && index < group.end);
          const head = group.head === undefined ? undefined : items[group.head];
          if (indexes.length === 0 || head?.kind !== "stage") return null;
          return (
            <div key={head.key} class="group" style={{ top: px(group.top), height: px(group.height) }}>
              <LaneHead head={head} />
              {indexes.map((index) => {
                const item = items[index];
                if (item?.kind !== "step") return null;
                const top = stageHeight + (index - group.start) * barHeight;
                return <Bar key={item.key} bar={item} top={top} isActive={item.key === activeKey} />;
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function nearestBar(
  items: readonly (TimelineHead | TimelineBar)[],
  from: number,
  step: 1 | -1,
): TimelineBar | undefined {
  for (let index = from; index >= 0 && index < items.length; index += step) {
    const item = items[index];
    if (item?.kind === "step") return item;
  }
  return undefined;
}

/** Length of the axis in milliseconds; a round number while the build runs, so that bars seldom rescale. */
function useSpan(): number {
  const { clock, isRunning } = usePanel();
  const head = useHead();
  if (!isRunning.value) return Math.max(1, (head.endedMs ?? head.startedMs) - head.startedMs);
  return niceCeil(clock.now.value - head.startedMs);
}

function Axis(): JSX.Element {
  const { width } = usePanel();
  const spanMs = useSpan();
  // A text at the very end would not fit any more.
  const ticks = timeTicks(spanMs, Math.max(2, Math.floor((width.value * 0.6) / 90))).filter(
    (tick) => tick < spanMs * 0.95,
  );
  return (
    <div class="axis" aria-hidden="true">
      <span class="axis-label">{t("step")}</span>
      <div class="axis-ticks">
        {ticks.map((tick) => (
          <span key={tick} class="tick" style={{ left: `${(tick / spanMs) * 100}%` }}>
            {tick === 0 ? "0" : tickText(tick)}
          </span>
        ))}
      </div>
    </div>
  );
}

function tickText(ms: number): string {
  return ms >= 1000 && ms < 60_000 ? `${ms / 1000} s` : formatDuration(ms);
}

function LaneHead({ head }: { head: TimelineHead }): JSX.Element {
  return (
    <div class={`lane-title ${laneClass(head.laneIndex)}`}>
      <span class="swatch" aria-hidden="true" />
      <strong>{head.platform}</strong>
      <span class="dim">{head.count === 1 ? t("1 step") : t("{0} steps", head.count)}</span>
    </div>
  );
}

function Bar({ bar, top, isActive }: { bar: TimelineBar; top: number; isActive: boolean }): JSX.Element {
  const panel = usePanel();
  const head = useHead();
  const spanMs = useSpan();
  const endMs = bar.endMs ?? panel.clock.now.value;
  const { left, width } = extentOf(bar.startMs, endMs, head.startedMs, spanMs);
  const ms = endMs - bar.startMs;
  const text = bar.endMs === undefined ? formatRunning(ms) : bar.state === "cached" ? t("cached") : formatDuration(ms);
  const selected = panel.selection.value;
  const isSelected = selected?.kind === "row" && selected.rowId === bar.rowId && selected.laneIndex === bar.laneIndex;
  return (
    <button
      class={`timeline-row ${laneClass(bar.laneIndex)} ${isSelected ? "selected" : ""}`}
      tabIndex={isActive ? 0 : -1}
      data-key={bar.key}
      aria-current={isSelected}
      aria-label={t(
        "{0}, {1}, begun after {2}, {3}",
        `${bar.place} ${bar.text}`,
        stateWord(bar.state, head.state),
        spokenTime(bar.startMs - head.startedMs),
        spokenTime((bar.endMs ?? panel.clock.spoken.value) - bar.startMs),
      )}
      style={{ top: px(top) }}
      onClick={() => panel.pick({ kind: "row", rowId: bar.rowId, laneIndex: bar.laneIndex })}
    >
      <span class="source" title={`${bar.place} ${bar.text}`}>
        <StateIcon state={bar.state} />
        <span class="text">
          <span class="dim">{bar.place}</span> {bar.text}
        </span>
      </span>
      <span class="track">
        <i class={`fill ${bar.state}`} style={{ left: `${left}%`, width: `${width}%` }} />
        <span
          class={`track-text ${left + width > 80 ? "before" : ""}`}
          style={{ "--left": left, "--end": left + width }}
        >
          {text}
        </span>
      </span>
    </button>
  );
}
