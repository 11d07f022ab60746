import type { Lane, StepRow, StepState } from "../src/core/build/snapshot.ts";

/** One step on the timeline. */
export interface TimelineBar {
  readonly kind: "step";
  readonly key: string;
  readonly rowId: string;
  readonly laneIndex: number;
  readonly line?: number;
  /** Place and text of the step: `builder 5/7`, `RUN make`. */
  readonly place: string;
  readonly text: string;
  readonly state: StepState;
  readonly startMs: number;
  /** Absent while the step runs. */
  readonly endMs?: number;
}

/** The head of one platform's steps. */
export interface TimelineHead {
  readonly kind: "stage";
  readonly key: string;
  readonly laneIndex: number;
  readonly platform: string;
  readonly count: number;
}

/** The lines of the timeline: per platform the steps that have begun, in the order of their beginning. */
export function timelineItems(
  lanes: readonly Lane[],
  rows: readonly StepRow[],
): readonly (TimelineHead | TimelineBar)[] {
  return lanes.flatMap((lane, laneIndex) => {
    const bars = rows
      .map((row) => barOf(row, laneIndex))
      .filter((bar) => bar !== undefined)
      .toSorted((a, b) => a.startMs - b.startMs);
    const head = { kind: "stage", key: lane.platform, laneIndex, platform: lane.platform, count: bars.length } as const;
    return [head, ...bars];
  });
}

function barOf(row: StepRow, laneIndex: number): TimelineBar | undefined {
  const cell = row.cells[laneIndex];
  if (cell?.startedMs === undefined) return undefined;
  return {
    kind: "step",
    key: `${laneIndex}:${row.id}`,
    rowId: row.id,
    laneIndex,
    line: row.line,
    place: row.stage ? `${row.stage} ${row.index}/${row.total}` : `${row.index}/${row.total}`,
    text: `${row.instruction} ${row.text}`,
    state: cell.state,
    startMs: cell.startedMs,
    endMs: cell.state === "running" ? undefined : (cell.completedMs ?? cell.startedMs + cell.durationMs),
  };
}
