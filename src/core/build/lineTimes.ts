import type { Lines } from "../dockerfile/unchanged.ts";
import { shortNames } from "../platform.ts";
import { t } from "../l10n.ts";
import { compareCells, hasTime, timeOf } from "./comparison.ts";
import { formatDuration, formatRatio, formatRunning } from "./format.ts";
import type { BuildSnapshot, Cell } from "./snapshot.ts";

/** What is to be said of an instruction at its end. */
export interface LineTime extends Lines {
  /** `amd64 2.51 s · arm64 16.6 s (6.6×)`. */
  readonly text: string;
}

/** The times of a build as they stand behind the instructions of its Dockerfile; of steps that have begun. */
export function lineTimes({ lanes, rows }: Pick<BuildSnapshot, "lanes" | "rows">, nowMs: number): readonly LineTime[] {
  const names = shortNames(lanes.map(({ platform }) => platform));
  return rows.flatMap(({ line, lastLine, cells }) => {
    const text = timesText(cells, names, nowMs);
    return line === undefined || lastLine === undefined || text === "" ? [] : [{ line, lastLine, text }];
  });
}

function timesText(cells: readonly (Cell | null)[], names: readonly string[], nowMs: number): string {
  const begun = cells.flatMap((cell, lane) => (cell && cell.state !== "pending" ? [{ cell, lane }] : []));
  if (begun.length > 0 && begun.every(({ cell }) => cell.state === "cached")) return t("cached");
  const parts = begun.map(({ cell, lane }) => {
    const words = cellText(cell, nowMs);
    return names.length > 1 ? `${names[lane]} ${words}` : words;
  });
  const difference = compareCells(cells, nowMs);
  const ratio = difference?.weight === "loud" ? formatRatio(difference.ratio) : "";
  return parts.join(" · ") + (ratio && ` (${ratio})`);
}

function cellText(cell: Cell, nowMs: number): string {
  if (cell.state === "cached") return t("cached");
  if (cell.state === "running") return formatRunning(timeOf(cell, nowMs));
  const time = hasTime(cell) ? formatDuration(cell.durationMs) : "";
  const word = cell.state === "failed" ? t("failed") : cell.state === "canceled" ? t("cancelled") : "";
  return [time, word].filter(Boolean).join(" ");
}
