import type { JSX } from "preact";
import type { Lane, Nativeness, Placement, SharedStep } from "../src/core/build/snapshot.ts";
import { standingOf, timeText } from "./describe.ts";
import { niceCeil, segmentsOf, type SegmentKind } from "./geometry.ts";
import { t } from "./l10n.ts";
import { laneClass } from "./lane.ts";
import { useHead, usePanel } from "./panel.ts";
import { timeOf } from "../src/core/build/comparison.ts";

/** One card per platform: where it is built, for how long, and how far it is behind the fastest one. */
export function Cards(): JSX.Element {
  const { lanes } = usePanel().store;
  return (
    <section class="cards" data-count={lanes.value.length}>
      {lanes.value.map((lane, index) => (
        <Card key={lane.platform} lane={lane} index={index} />
      ))}
    </section>
  );
}

function Card({ lane, index }: { lane: Lane; index: number }): JSX.Element {
  const where = whereText(lane.placement);
  return (
    <article class={`card ${laneClass(index)}`} aria-label={lane.platform} title={where}>
      <h2>
        <span class="swatch" aria-hidden="true" />
        {lane.platform}
        <Chip nativeness={lane.placement?.nativeness ?? "unknown"} />
      </h2>
      <p class="where">{where}</p>
      <LaneTime lane={lane} />
      <Strip lane={lane} index={index} />
    </article>
  );
}

function Chip({ nativeness }: { nativeness: Nativeness }): JSX.Element | null {
  switch (nativeness) {
    case "native":
      return (
        <span class="chip native" title={t("Built on a machine of its own architecture")}>
          {t("native")}
        </span>
      );
    case "emulated":
      return (
        <span class="chip emulated" title={t("Built by emulation, which is much slower than a native machine")}>
          {t("emulated")}
        </span>
      );
    case "unknown":
      return null;
  }
}

function whereText(placement: Placement | undefined): string {
  if (!placement) return "";
  const { clusterNodes = [], builderNode, pod } = placement;
  const parts: string[] = [];
  if (clusterNodes.length > 0)
    parts.push(t(clusterNodes.length === 1 ? "node {0}" : "nodes {0}", clusterNodes.join(", ")));
  if (pod) parts.push(t("pod {0}", pod));
  else if (builderNode) parts.push(clusterNodes.length > 0 ? builderNode : t("builder node {0}", builderNode));
  if (placement.doubt) parts.push(placement.doubt);
  return parts.join(" · ");
}

function LaneTime({ lane }: { lane: Lane }): JSX.Element {
  const { store, clock } = usePanel();
  const nowMs = lane.state === "running" ? clock.now.value : clock.now.peek();
  const work = lane.state === "pending" ? store.shared.value.find((step) => isAtWorkFor(step, lane)) : undefined;
  const standing = work
    ? { text: t("waiting: {0}", work.label), tone: "plain" }
    : standingOf(lane, store.lanes.value, useHead().state, nowMs);
  return (
    <p class="lane-time">
      <span class="big">{lane.state === "pending" ? "" : timeText(lane, nowMs)}</span>
      <span class={`standing ${standing.tone}`}>{standing.text}</span>
    </p>
  );
}

/** Shared work that a platform waits for. */
function isAtWorkFor({ state, platform }: SharedStep, lane: Lane): boolean {
  return state === "running" && (platform === undefined || platform === lane.platform);
}

/** The platform's steps as one line. All strips have one scale, so that their lengths can be compared. */
function Strip({ lane, index }: { lane: Lane; index: number }): JSX.Element {
  const { store, clock, isRunning } = usePanel();
  void store.revision.value;
  const nowMs = isRunning.value ? clock.now.value : clock.now.peek();
  const longest = Math.max(...store.lanes.value.map((other) => timeOf(other, nowMs)));
  const scale = isRunning.value ? niceCeil(longest) : longest;
  const steps = store.rows().flatMap((row) => {
    const cell = row.cells[index];
    const kind = cell && segmentKind(cell.state);
    return kind ? [{ kind, ms: cell.state === "cached" ? 0 : timeOf(cell, nowMs) }] : [];
  });
  const width = scale > 0 ? (timeOf(lane, nowMs) / scale) * 100 : 100;
  return (
    <div class="strip" aria-hidden="true">
      <div class="strip-used" style={{ width: `${width}%` }}>
        {segmentsOf(steps).map((segment, position) => (
          <i key={position} class={`fill ${segment.kind}`} style={{ flexGrow: segment.share }} />
        ))}
      </div>
    </div>
  );
}

function segmentKind(state: Lane["state"]): SegmentKind | undefined {
  return state === "pending" ? undefined : state;
}
