import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../l10n.ts";
import { type Panel, usePanel } from "../panel.ts";

const stepPx = 24;
/** Only the log's own tools are left at this height. */
const leastHeight = 34;
/** The share of the window that the log may take at most, and takes until it is dragged. */
const mostShare = 0.75;
const presetShare = { sideBySide: 0.24, stacked: 0.28 };

/** Below this width logs stand one above the other. */
export const sideBySideWidth = 700;

/** The height of the log in CSS pixels; it never fills the whole window, whatever was saved. */
export function logHeightOf({ view, width, height }: Pick<Panel, "view" | "width" | "height">): number {
  const preset = width.value < sideBySideWidth ? presetShare.stacked : presetShare.sideBySide;
  return within(view.logHeight.value ?? Math.max(140, height.value * preset), height.value);
}

function within(wanted: number, windowHeight: number): number {
  return Math.round(Math.max(leastHeight, Math.min(windowHeight * mostShare, wanted)));
}

/** The edge between table and log: dragged by mouse, moved by arrow keys, back to its place by a double click. */
export function Splitter(): JSX.Element {
  const panel = usePanel();
  const { view, height: windowHeight } = panel;
  const drag = useRef<{ readonly startY: number; readonly height: number }>(undefined);
  const height = logHeightOf(panel);
  const resize = (next: number): void => {
    view.logHeight.value = within(next, windowHeight.peek());
  };
  return (
    <div
      class="splitter"
      role="separator"
      tabIndex={0}
      aria-orientation="horizontal"
      aria-label={t("Height of the log")}
      aria-controls="log"
      aria-valuenow={height}
      aria-valuemin={leastHeight}
      aria-valuemax={Math.round(windowHeight.value * mostShare)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { startY: event.clientY, height: shownHeight(event.currentTarget) };
      }}
      onPointerMove={(event) => {
        if (drag.current) resize(drag.current.height + drag.current.startY - event.clientY);
      }}
      onPointerUp={() => (drag.current = undefined)}
      onPointerCancel={() => (drag.current = undefined)}
      onDblClick={() => (view.logHeight.value = undefined)}
      onKeyDown={(event) => {
        const next = heightAfter(event.key, shownHeight(event.currentTarget));
        if (next === undefined) return;
        resize(next);
        event.preventDefault();
      }}
    />
  );
}

/** In a low window the log may be lower than it would like to be. */
function shownHeight(splitter: HTMLElement): number {
  return splitter.nextElementSibling?.clientHeight ?? leastHeight;
}

function heightAfter(key: string, height: number): number | undefined {
  switch (key) {
    case "ArrowUp":
      return height + stepPx;
    case "ArrowDown":
      return height - stepPx;
    case "Home":
      return leastHeight;
    case "End":
      return Infinity;
    default:
      return undefined;
  }
}
