import type { BuildHead, Cell, Lane, SharedStep, StepRow, Timing } from "../../src/core/build/snapshot.ts";
import { timeText } from "../describe.ts";
import { formatDuration, formatRunning } from "../../src/core/build/format.ts";
import { t } from "../l10n.ts";
import { isEnded, type Selection } from "../selection.ts";

/** One log beside others: the step on one platform, or a piece of shared work. */
export interface LogColumn {
  readonly stepId: string;
  /** What stands over it: the platform, or the name of the shared work. */
  readonly title: string;
  /** The platform's place among the lanes; absent for shared work. */
  readonly laneIndex?: number;
  readonly step: Timing & Pick<Cell, "hasLog" | "activity" | "error" | "lastOutputMs" | "startedMs">;
  /** Present when this is the step the build has failed at. */
  readonly exitCode?: number;
  /** True when the build has ended: nothing comes any more. */
  readonly isOver: boolean;
  /** True when the build is one of an earlier window, whose output was not kept. */
  readonly isForgotten: boolean;
}

/** What the log pane shows: a heading and one log or two. */
export interface LogTarget {
  /** Place of the step, `builder 5/7`; empty for shared work. */
  readonly place: string;
  /** The step's row in the table; absent for shared work. */
  readonly rowId?: string;
  readonly text: string;
  readonly columns: readonly LogColumn[];
}

/** Above this many platforms the log shows one at a time. */
export const mostColumns = 2;

/** Finds out what a selection shows; undefined when the build has no such step. */
export function logTargetOf(
  selection: Selection | undefined,
  build: {
    readonly head: BuildHead;
    readonly lanes: readonly Lane[];
    readonly shared: readonly SharedStep[];
    readonly row: StepRow | undefined;
  },
  allPlatforms: boolean,
): LogTarget | undefined {
  if (selection?.kind === "shared") {
    const step = build.shared.find((candidate) => candidate.stepId === selection.stepId);
    if (!step) return undefined;
    const title = step.platform ?? step.label;
    const column = { stepId: step.stepId, title, step, ...fateOf(step.stepId, build.head) };
    return { place: "", text: step.name, columns: [column] };
  }
  const { row } = build;
  if (!selection || !row) return undefined;
  const columns = build.lanes.flatMap((lane, laneIndex) => {
    const step = row.cells[laneIndex];
    if (!step) return [];
    return [
      { stepId: step.stepId, title: lane.platform, laneIndex, step, ...fateOf(step.stepId, build.head) },
    ] satisfies LogColumn[];
  });
  const showsAll = allPlatforms && build.lanes.length <= mostColumns;
  const picked = columns.filter((column) => column.laneIndex === selection.laneIndex);
  return {
    place: row.stage ? `${row.stage} ${row.index}/${row.total}` : `${row.index}/${row.total}`,
    text: `${row.instruction} ${row.text}`,
    rowId: row.id,
    columns: showsAll || picked.length === 0 ? columns : picked,
  };
}

function fateOf(
  stepId: string,
  { state, failure, isRemembered = false }: BuildHead,
): Pick<LogColumn, "exitCode" | "isOver" | "isForgotten"> {
  return {
    isOver: isEnded(state),
    isForgotten: isRemembered,
    ...(failure?.stepId === stepId && { exitCode: failure.exitCode }),
  };
}

/** A pause in the output shorter than this is not worth a word, in milliseconds. */
const silenceMs = 3_000;

/** How the step stands, and how long it has been silent: `running 11.9 s · no output for 11.8 s`. */
export function logStatus({ step, exitCode, isOver }: LogColumn, nowMs: number): string {
  switch (step.state) {
    case "pending":
      return isOver ? t("not run") : t("waiting for earlier steps");
    case "cached":
      return t("cached, nothing was run");
    case "done":
      return t("done in {0}", timeText(step, nowMs));
    case "failed":
      return exitCode === undefined
        ? t("failed after {0}", timeText(step, nowMs))
        : t("exit code {0} after {1}", exitCode, timeText(step, nowMs));
    case "canceled":
      return step.durationMs > 0
        ? t("cancelled after {0}", formatDuration(step.durationMs))
        : t("cancelled before it began");
    case "running": {
      const silent = nowMs - (step.lastOutputMs ?? step.startedMs ?? step.runningSinceMs ?? nowMs);
      return [
        t("running {0}", timeText(step, nowMs)),
        silent >= silenceMs ? t("no output for {0}", formatRunning(silent)) : "",
        step.activity ?? "",
      ]
        .filter(Boolean)
        .join(" · ");
    }
  }
}
