import { formatDuration } from "../build/format.ts";
import { buildLabel } from "../build/shownBuild.ts";
import type { BuildHead, BuildSummary, Lane } from "../build/snapshot.ts";
import { architectureOf } from "../platform.ts";
import { t } from "../l10n.ts";
import { age, dotted } from "./format.ts";
import { item, type ExplorerItem } from "./item.ts";

/** The rows of this window's builds, newest first. */
export function buildsItem(builds: readonly BuildSummary[], nowMs: number): ExplorerItem {
  const children = builds
    .toSorted((a, b) => b.head.startedMs - a.head.startedMs)
    .map((build) => buildItem(build, nowMs));
  return item(
    { id: "builds", label: t("Recent Builds"), kind: "builds", icon: "history" },
    { children, isExpanded: true },
  );
}

function buildItem({ head, lanes }: BuildSummary, nowMs: number): ExplorerItem {
  const isRunning = head.state === "running" || head.state === "canceling";
  const when = head.endedMs === undefined ? undefined : sinceText(nowMs - head.endedMs);
  return item(
    {
      id: `build:${head.id}`,
      label: buildLabel(head),
      kind: isRunning ? "runningBuild" : "endedBuild",
      icon: icons[head.state],
    },
    {
      description: dotted(outcome(head, lanes), when),
      details: [
        [t("Builder"), head.builder],
        [t("Output"), head.output || t("none")],
        [t("Started"), new Date(head.startedMs).toISOString()],
      ],
      severity: head.state === "failed" ? "error" : "none",
    },
  );
}

function sinceText(ms: number): string {
  return ms < 60_000 ? t("just now") : t("{0} ago", age(ms));
}

const icons: Readonly<Record<BuildHead["state"], string>> = {
  running: "loading~spin",
  canceling: "loading~spin",
  done: "pass",
  failed: "error",
  canceled: "circle-slash",
};

function outcome(head: BuildHead, lanes: readonly Lane[]): string {
  switch (head.state) {
    case "running":
      return t("building");
    case "canceling":
      return t("cancelling");
    case "canceled":
      return head.isInterrupted ? t("interrupted: the window was closed") : t("cancelled");
    case "failed":
      return head.failure?.what ?? t("failed");
    case "done":
      return dotted(...lanes.map((lane) => `${architectureOf(lane.platform)} ${formatDuration(lane.durationMs)}`));
  }
}
