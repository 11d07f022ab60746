import type { Virtualizer } from "@tanstack/virtual-core";
import type { HTMLAttributes, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { focusSoon, selectedCell } from "../focus.ts";
import { formatBytes } from "../../src/core/build/format.ts";
import { px } from "../geometry.ts";
import { Icon } from "../icon.tsx";
import { t } from "../l10n.ts";
import { laneClass } from "../lane.ts";
import { usePanel } from "../panel.ts";
import { useVirtualizer } from "../virtual.ts";
import { highlight, spansOf } from "./ansi.ts";
import { logStatus, type LogColumn } from "./logTarget.ts";
import type { StepLog } from "./stepLog.ts";

/** Height of a line that is not wrapped, as far as it is not measured yet. */
const lineHeight = 18;

interface Props {
  readonly column: LogColumn;
  /** Numbers of the lines that match the search. */
  readonly matches: readonly number[];
  /** The match the user has gone to, when it is in this column. */
  readonly foundLine: number | undefined;
  readonly onlyMatches: boolean;
}

/** One step's output on one platform, with how it stands on top. */
export function LogColumnView(props: Props): JSX.Element {
  const { column } = props;
  const { post } = usePanel();
  return (
    <div class={`log-column ${column.laneIndex === undefined ? "" : laneClass(column.laneIndex)}`}>
      <div class="log-head">
        <span class="log-platform">{column.title}</span>
        <Status column={column} />
        {column.step.hasLog && (
          <button
            class="icon-button"
            title={t("Open in Editor")}
            aria-label={t("Open the whole log of {0} in an editor", column.title)}
            onClick={() => post({ type: "openLog", stepId: column.stepId })}
          >
            <Icon name="go-to-file" />
          </button>
        )}
      </div>
      <Lines {...props} />
    </div>
  );
}

function Status({ column }: { column: LogColumn }): JSX.Element {
  const { clock } = usePanel();
  const nowMs = column.step.state === "running" ? clock.now.value : 0;
  const text = logStatus(column, nowMs);
  return (
    <span class={`log-status ${column.step.state}`} title={text}>
      {text}
    </span>
  );
}

function Lines({ column, matches, foundLine, onlyMatches }: Props): JSX.Element {
  const panel = usePanel();
  const { log, version } = panel.logs.log(column.stepId);
  void version.value;
  const scroller = useRef<HTMLDivElement>(null);
  const follow = panel.view.follow.value;
  const count = onlyMatches ? matches.length : log.endLine - log.firstLine;
  const numberAt = (index: number): number => (onlyMatches ? (matches[index] ?? 0) : log.firstLine + index);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    getItemKey: numberAt,
    overscan: 10,
  });
  useLayoutEffect(() => {
    if (follow && count > 0) virtualizer.scrollToIndex(count - 1, { align: "end" });
  }, [virtualizer, follow, count, version.value]);
  useLayoutEffect(() => {
    if (foundLine === undefined) return;
    const index = onlyMatches ? matches.indexOf(foundLine) : foundLine - log.firstLine;
    virtualizer.scrollToIndex(index, { align: "center" });
    // Scrolls when the user goes to a match, not whenever lines come.
  }, [virtualizer, foundLine]);
  return (
    <div
      ref={scroller}
      class="log-lines"
      tabIndex={0}
      role="region"
      aria-label={t("{0}: {1}", t("Log"), column.title)}
      {...useFollowing(virtualizer)}
    >
      <Dropped log={log} />
      {count === 0 && !onlyMatches && <p class="log-empty">{emptyText(column)}</p>}
      <div class="log-space" style={{ height: px(virtualizer.getTotalSize()) }}>
        {virtualizer.getVirtualItems().map((item) => (
          <Line
            key={item.key}
            index={item.index}
            top={item.start}
            measure={virtualizer.measureElement}
            text={log.line(numberAt(item.index))}
            isFound={numberAt(item.index) === foundLine}
          />
        ))}
      </div>
    </div>
  );
}

/**
 * Scrolling up stops following, going to the end starts it again. Only what the user does counts: scroll events alone
 * do not tell whether it was them or the log itself.
 */
function useFollowing(virtualizer: Virtualizer<HTMLElement, HTMLElement>): HTMLAttributes<HTMLDivElement> {
  const { follow } = usePanel().view;
  const isDragging = useRef(false);
  const stop = (): void => {
    follow.value = false;
    virtualizer.cancelScroll();
  };
  return {
    onWheel: (event) => {
      if (event.deltaY < 0) stop();
      else if (isAtEnd(event.currentTarget)) follow.value = true;
    },
    onKeyDown: (event) => {
      if (["ArrowUp", "PageUp", "Home"].includes(event.key)) stop();
      else if (event.key === "End") follow.value = true;
      else if (event.key === "Escape") focusSoon(...selectedCell);
    },
    onPointerDown: (event) => {
      isDragging.current = event.target === event.currentTarget && event.offsetX >= event.currentTarget.clientWidth;
      if (isDragging.current) stop();
    },
    onScrollEnd: (event) => {
      if (isDragging.current && isAtEnd(event.currentTarget)) follow.value = true;
      isDragging.current = false;
    },
  };
}

function isAtEnd({ scrollHeight, clientHeight, scrollTop }: HTMLElement): boolean {
  return scrollHeight - clientHeight - scrollTop < 2;
}

function Line(props: {
  index: number;
  top: number;
  measure: (element: HTMLElement | null) => void;
  text: string;
  isFound: boolean;
}): JSX.Element {
  const { query } = usePanel();
  const spans = highlight(spansOf(props.text), query.value ?? "");
  return (
    <div
      ref={props.measure}
      data-index={props.index}
      class={`log-line ${props.isFound ? "found" : ""}`}
      style={{ transform: `translateY(${px(props.top)})` }}
    >
      {spans.map((span, index) =>
        span.isMatch ? (
          <mark key={index}>{span.text}</mark>
        ) : (
          <span key={index} class={span.className} style={{ color: span.color, background: span.background }}>
            {span.text}
          </span>
        ),
      )}
    </div>
  );
}

function Dropped({ log }: { log: StepLog }): JSX.Element | null {
  if (log.firstLine > 0)
    return <p class="dim">{t("The first {0} lines are not shown; the editor has more.", log.firstLine)}</p>;
  if (log.droppedBytes > 0)
    return <p class="dim">{t("The first {0} are not shown; the editor has more.", formatBytes(log.droppedBytes))}</p>;
  return null;
}

/** A failed step that has printed nothing has BuildKit's own words at least. */
function emptyText({ step, isOver, isForgotten }: LogColumn): string {
  // What a step is told that was cancelled is of no help.
  if (step.error && step.state !== "canceled") return step.error;
  if (isForgotten && step.durationMs > 0) return t("Output is not kept when the window is closed.");
  return !isOver && (step.state === "running" || step.state === "pending") ? t("No output yet") : t("No output");
}
