/** What a panel of a given width has room for; see {@link layoutFor}. */
export interface TableLayout {
  /** Bars in the cells; else a number and an icon only. */
  readonly hasBars: boolean;
  /** What the column that compares the platforms tells: by how much and how often, only how often, or it is not there. */
  readonly difference: "full" | "ratio" | "none";
  /** Cells below the step's text instead of beside it. */
  readonly isStacked: boolean;
  /** Height of a step's row in CSS pixels. */
  readonly rowHeight: number;
}

/** Height of a stage's head row in CSS pixels. */
export const stageHeight = 36;

const numberWidth = 100;
/** Width of the column that compares the platforms, in CSS pixels. */
export const differenceWidths: Readonly<Record<TableLayout["difference"], number>> = { full: 120, ratio: 56, none: 0 };

/**
 * Chooses what the table shows at a width (CSS pixels). When room gets scarce the difference becomes a bare ratio,
 * then the bars go, then the ratio, and at last the cells move below the step. Above four platforms there are no bars
 * at any width.
 */
export function layoutFor(width: number, laneCount: number): TableLayout {
  const mayHaveBars = laneCount <= 4;
  const isStacked = width < 160 + laneCount * numberWidth;
  const difference = laneCount > 1 ? differenceFor(width, laneCount, mayHaveBars) : "none";
  const hasBars = mayHaveBars && width >= 200 + laneCount * (numberWidth + 60) + differenceWidths[difference];
  return { hasBars, difference, isStacked, rowHeight: isStacked ? 50 : 28 };
}

function differenceFor(width: number, laneCount: number, mayHaveBars: boolean): TableLayout["difference"] {
  const roomyLane = numberWidth + (mayHaveBars ? 80 : 0);
  if (width >= 260 + laneCount * roomyLane + differenceWidths.full) return "full";
  return width >= 180 + laneCount * numberWidth + differenceWidths.ratio ? "ratio" : "none";
}

/**
 * The smallest round number that is at least `value`. As the end of a scale it keeps bars still while a running
 * step grows: they are rescaled now and then instead of at each tick.
 */
export function niceCeil(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 5, 7.5, 10].find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return factor * power;
}

const tickSteps = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400,
].map((seconds) => seconds * 1000);

/** Round times in milliseconds from 0 up to `spanMs`, about `wanted` of them and never more. */
export function timeTicks(spanMs: number, wanted: number): readonly number[] {
  const step = tickSteps.find((candidate) => spanMs / candidate < wanted) ?? spanMs;
  const ticks: number[] = [];
  for (let index = 0; index * step <= spanMs && index <= wanted; index += 1) ticks.push(index * step);
  return ticks;
}

/** Part of an axis in percent. */
export interface Extent {
  readonly left: number;
  readonly width: number;
}

/** Where an interval lies on an axis that begins at `originMs` and is `spanMs` long; cut at both ends. */
export function extentOf(startMs: number, endMs: number, originMs: number, spanMs: number): Extent {
  const percent = (ms: number): number => Math.min(100, Math.max(0, ((ms - originMs) / spanMs) * 100));
  const left = percent(startMs);
  return { left, width: Math.max(0, percent(endMs) - left) };
}

/** How a piece of a platform's strip looks. */
export type SegmentKind = "done" | "cached" | "running" | "failed" | "canceled";

/** A piece of a platform's strip; `share` is its part of the strip, all shares sum up to 1. */
export interface Segment {
  readonly kind: SegmentKind;
  readonly share: number;
}

/** Pieces narrower than this cannot be told apart; neighbours of one kind are joined. */
const smallestShare = 0.015;

/**
 * The strip of a platform's steps, in their order and in proportion to their times. Long builds stay short lists:
 * neighbours of the same kind that are too narrow to see become one piece.
 */
export function segmentsOf(steps: readonly { readonly kind: SegmentKind; readonly ms: number }[]): readonly Segment[] {
  const totalMs = steps.reduce((sum, step) => sum + step.ms, 0);
  const leastMs = totalMs > 0 ? totalMs * smallestShare : 1;
  const pieces: { kind: SegmentKind; ms: number }[] = [];
  for (const { kind, ms } of steps) {
    const last = pieces.at(-1);
    if (last?.kind === kind && (ms < leastMs || last.ms < leastMs)) last.ms += ms;
    else pieces.push({ kind, ms });
  }
  const widths = pieces.map((piece) => Math.max(piece.ms, leastMs));
  const sum = widths.reduce((total, width) => total + width, 0);
  return pieces.map((piece, index) => ({ kind: piece.kind, share: (widths[index] ?? 0) / sum }));
}

/** A length for a style. Preact writes numbers as they are, and a bare number is no length. */
export function px(length: number): string {
  return `${length}px`;
}
