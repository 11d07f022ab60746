import type { ReadonlySignal } from "@preact/signals";
import type { JSX } from "preact";
import type { StepRow } from "../src/core/build/snapshot.ts";
import { PlatformCell } from "./cell.tsx";
import { shortNames } from "../src/core/platform.ts";
import { differenceText, spokenTime } from "./describe.ts";
import { formatDuration, formatRunning } from "../src/core/build/format.ts";
import { px } from "./geometry.ts";
import { t } from "./l10n.ts";
import { laneClass } from "./lane.ts";
import { usePanel } from "./panel.ts";
import { compareCells } from "../src/core/build/comparison.ts";
import { sumOf, type TableItem } from "./table.ts";

type Stage = Extract<TableItem, { kind: "stage" }>;

/** The head of a stage: its name, the number of its steps, and what they took on each platform together. */
export function StageHead(props: { item: Stage; index: number; activeColumn: number }): JSX.Element {
  const { store, layout } = usePanel();
  const { item, index, activeColumn } = props;
  const count = item.rowIds.length === 1 ? t("1 step") : t("{0} steps", item.rowIds.length);
  return (
    <div class="line stage" role="row" aria-rowindex={index + 2} data-key={item.key}>
      <div
        class="cell step-cell"
        role="rowheader"
        aria-colindex={1}
        tabIndex={activeColumn === 0 ? 0 : -1}
        data-column={0}
      >
        {item.stage && <strong title={item.stage}>{item.stage}</strong>}
        <span class="dim">{count}</span>
      </div>
      {store.lanes.value.map((lane, laneIndex) => (
        <StageSum key={lane.platform} item={item} laneIndex={laneIndex} isActive={activeColumn === laneIndex + 1} />
      ))}
      {layout.value.difference !== "none" && (
        <div
          class="cell"
          role="gridcell"
          aria-colindex={store.lanes.value.length + 2}
          tabIndex={activeColumn === store.lanes.value.length + 1 ? 0 : -1}
          data-column={store.lanes.value.length + 1}
        />
      )}
    </div>
  );
}

function StageSum({ item, laneIndex, isActive }: { item: Stage; laneIndex: number; isActive: boolean }): JSX.Element {
  const { store, clock } = usePanel();
  void store.revision.value;
  const rows = store.rows(item.rowIds);
  const isRunning = rows.some((row) => row.cells[laneIndex]?.state === "running");
  const sum = sumOf(rows, laneIndex, isRunning ? clock.now.value : 0);
  return (
    <div
      class="cell lane-cell"
      role="gridcell"
      aria-colindex={laneIndex + 2}
      tabIndex={isActive ? 0 : -1}
      data-column={laneIndex + 1}
    >
      <span class="bar-place" />
      <span class="value dim">{sum === undefined ? "–" : isRunning ? formatRunning(sum) : formatDuration(sum)}</span>
    </div>
  );
}

/** A step on all platforms. */
export function StepLine(props: {
  row: ReadonlySignal<StepRow>;
  index: number;
  top: number;
  activeColumn: number;
}): JSX.Element {
  const { selection, store, layout } = usePanel();
  const { index, top, activeColumn } = props;
  const row = props.row.value;
  const selected = selection.value;
  const isSelected = selected?.kind === "row" && selected.rowId === row.id;
  const names = shortNames(store.lanes.value.map((lane) => lane.platform));
  const isFailed = row.cells.some((cell) => cell?.state === "failed");
  return (
    <div
      class={`line step ${isSelected ? "selected" : ""} ${isFailed ? "failed" : ""}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-key={row.id}
      style={{ top: px(top) }}
    >
      <StepCell row={row} isActive={activeColumn === 0} />
      {store.lanes.value.map((lane, laneIndex) => (
        <PlatformCell
          key={lane.platform}
          row={row}
          name={names[laneIndex] ?? lane.platform}
          laneIndex={laneIndex}
          isActive={activeColumn === laneIndex + 1}
          isSelected={isSelected && selected.laneIndex === laneIndex}
        />
      ))}
      {layout.value.difference !== "none" && (
        <DifferenceCell row={row} isActive={activeColumn === store.lanes.value.length + 1} />
      )}
    </div>
  );
}

function StepCell({ row, isActive }: { row: StepRow; isActive: boolean }): JSX.Element {
  const { post, view } = usePanel();
  const { line, stage, index, total, instruction, text } = row;
  const place = stage ? `${stage} ${index}/${total}` : `${index}/${total}`;
  return (
    <div
      class="cell step-cell"
      role="rowheader"
      aria-colindex={1}
      tabIndex={isActive ? 0 : -1}
      data-column={0}
      aria-label={[line === undefined ? "" : t("line {0}", line), `${instruction} ${text}`].filter(Boolean).join(", ")}
    >
      {line === undefined ? (
        <span class="line-number" />
      ) : (
        <button
          class="line-number"
          tabIndex={-1}
          title={t("Open line {0} of the Dockerfile", line)}
          onClick={() => post({ type: "openDockerfile", line })}
        >
          {line}
        </button>
      )}
      <span class="source" title={`${instruction} ${text}`}>
        {view.sort.value !== "dockerfile" && <span class="dim">{place} </span>}
        <strong>{instruction}</strong> {text}
      </span>
    </div>
  );
}

function DifferenceCell({ row, isActive }: { row: StepRow; isActive: boolean }): JSX.Element {
  const { store, clock, layout } = usePanel();
  const lanes = store.lanes.value;
  const isRunning = row.cells.some((cell) => cell?.state === "running");
  const nowMs = isRunning ? clock.now.value : 0;
  const difference = compareCells(row.cells, nowMs);
  const isWorthIt = difference !== undefined && difference.weight !== "noise";
  const text = difference && differenceText(difference, lanes.length);
  const name = (index: number): string => lanes[index]?.platform ?? "";
  const words = isWorthIt
    ? t("{0} took {1} longer than {2}", name(difference.slowest), spokenTime(difference.ms), name(difference.fastest))
    : t("No difference to speak of");
  return (
    <div
      class={`cell difference ${difference?.weight ?? "noise"} ${laneClass(difference?.slowest ?? 0)}`}
      role="gridcell"
      aria-colindex={lanes.length + 2}
      tabIndex={isActive ? 0 : -1}
      data-column={lanes.length + 1}
      aria-label={words}
      title={isWorthIt ? words : undefined}
    >
      {isWorthIt && text ? (
        <>
          {(layout.value.difference === "full" || !text.ratio) && <span class="amount">{text.amount}</span>}
          <span class="ratio">{text.ratio}</span>
        </>
      ) : (
        <span class="ratio">·</span>
      )}
    </div>
  );
}
