import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Announcer } from "./announcer.tsx";
import { Cards } from "./cards.tsx";
import { FailureBox } from "./failure.tsx";
import { focusSoon } from "./focus.ts";
import { Grid } from "./grid.tsx";
import { Header } from "./header.tsx";
import { t } from "./l10n.ts";
import { laneClass } from "./lane.ts";
import { LogPane } from "./log/logPane.tsx";
import { Splitter } from "./log/splitter.tsx";
import { usePanel, type Panel } from "./panel.ts";
import { SharedStrip } from "./shared.tsx";
import { TabBar } from "./tabBar.tsx";
import { Timeline } from "./timeline.tsx";

/** The whole panel. Verdict and failure stay on top and the log at the bottom; what is between them scrolls. */
export function App(): JSX.Element {
  const panel = usePanel();
  if (!panel.store.head.value) return <p class="empty">{t("Waiting for the extension")}</p>;
  return (
    <div class="panel" onKeyDown={(event) => handleShortcut(panel, event)}>
      <Header />
      <FailureBox />
      <Middle />
      <SharedStrip />
      <Splitter />
      <LogPane />
      <Announcer />
    </div>
  );
}

function Middle(): JSX.Element {
  const panel = usePanel();
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const preface = useRef<HTMLDivElement>(null);
  const [prefaceHeight, setPrefaceHeight] = useState(0);
  useLayoutEffect(() => {
    if (!scroller || !preface.current) return undefined;
    const measure = (): void => {
      panel.width.value = scroller.clientWidth;
      panel.height.value = window.innerHeight;
      setPrefaceHeight(preface.current?.offsetHeight ?? 0);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(scroller);
    observer.observe(preface.current);
    measure();
    return () => observer.disconnect();
  }, [panel, scroller]);
  useLayoutEffect(() => {
    if (scroller) scroller.scrollTop = panel.view.scrollTop.peek() ?? 0;
  }, [panel, scroller]);
  return (
    <main
      class="scroller"
      ref={setScroller}
      onScroll={(event) => panel.scrolled(event.currentTarget, false)}
      onScrollEnd={(event) => panel.scrolled(event.currentTarget, true)}
    >
      <div ref={preface} class="preface">
        <Cards />
      </div>
      <TabBar />
      <div role="tabpanel" id="view" aria-labelledby={`tab-${panel.view.tab.value}`}>
        {panel.view.tab.value === "compare" ? (
          <Grid scroller={scroller} offset={prefaceHeight} />
        ) : (
          <Timeline scroller={scroller} offset={prefaceHeight} />
        )}
      </div>
    </main>
  );
}

/** F finds in the log, L goes to the log, C goes to Cancel. None of them does anything that cannot be undone. */
function handleShortcut(panel: Panel, event: KeyboardEvent): void {
  const key = event.key.toLowerCase();
  // As everywhere else in the editor.
  const isFind = key === "f" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
  if (event.defaultPrevented || !(isFind || isPlain)) return;
  switch (key) {
    case "f":
      panel.query.value ??= "";
      focusSoon(".find input");
      break;
    case "l":
      focusSoon(`.log-column.${laneClass(laneAtFocus(panel))} .log-lines`, ".log-lines");
      break;
    case "c":
      focusSoon("#cancel");
      break;
    default:
      return;
  }
  event.preventDefault();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}

/** The platform of the focused cell, else of the step whose log is shown. */
function laneAtFocus(panel: Panel): number {
  const column = Number(document.activeElement?.closest<HTMLElement>("[data-column]")?.dataset["column"]);
  const selection = panel.selection.peek();
  return column > 0 ? column - 1 : selection?.kind === "row" ? selection.laneIndex : 0;
}
