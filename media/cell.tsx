import type { JSX } from "preact";
import type { Cell, StepRow } from "../src/core/build/snapshot.ts";
import { cellText, spokenCell } from "./describe.ts";
import { formatBytes } from "../src/core/build/format.ts";
import { StateIcon } from "./icon.tsx";
import { t } from "./l10n.ts";
import { laneClass } from "./lane.ts";
import { useHead, usePanel } from "./panel.ts";
import { hasTime, timeOf } from "../src/core/build/comparison.ts";

/** One step on one platform: bar, time or word, icon. Quiet where nothing was done. */
export function PlatformCell(props: {
  row: StepRow;
  /** Short name of the platform. */
  name: string;
  laneIndex: number;
  isActive: boolean;
  isSelected: boolean;
}): JSX.Element {
  const { row, name, laneIndex, isActive, isSelected } = props;
  const { clock } = usePanel();
  const head = useHead();
  const cell = row.cells[laneIndex];
  const note = cell ? noteOf(cell) : "";
  return (
    <div
      class={`cell lane-cell ${laneClass(laneIndex)} ${isSelected ? "picked" : ""}`}
      role="gridcell"
      aria-colindex={laneIndex + 2}
      aria-label={spokenCell(name, row, cell, head.state, clock.spoken.value)}
      tabIndex={isActive ? 0 : -1}
      data-column={laneIndex + 1}
      title={cell?.error ?? note}
    >
      {cell ? <CellContent cell={cell} note={note} /> : <span class="value dim">–</span>}
    </div>
  );
}

function CellContent({ cell, note }: { cell: Cell; note: string }): JSX.Element {
  const { clock } = usePanel();
  const head = useHead();
  const nowMs = cell.state === "running" ? clock.now.value : 0;
  return (
    <>
      <span class="bar-place">
        {note && <span class="note">{note}</span>}
        {hasTime(cell) && (
          <span class="bar">
            <i class={`fill ${cell.state}`} style={{ "--ms": timeOf(cell, nowMs) }} />
          </span>
        )}
      </span>
      <span class={`value ${hasTime(cell) ? cell.state : "dim"}`}>{cellText(cell, head.state, nowMs)}</span>
      <StateIcon state={cell.state} />
    </>
  );
}

/** What a step is doing, how much it has moved, and where it runs when that is not its own platform. */
function noteOf(cell: Cell): string {
  const parts: string[] = [];
  if (cell.state === "running") {
    if (cell.activity) parts.push(cell.activity);
    if (cell.bytes) parts.push(bytesText(cell.bytes));
  }
  if (cell.runsOn) parts.push(t("runs on {0}", cell.runsOn));
  return parts.join(" · ");
}

/** `45.2 MB of 112 MB`, or what has been moved so far. */
export function bytesText(bytes: NonNullable<Cell["bytes"]>): string {
  const moved = formatBytes(bytes.current);
  return bytes.total === undefined || bytes.total <= bytes.current
    ? moved
    : t("{0} of {1}", moved, formatBytes(bytes.total));
}
