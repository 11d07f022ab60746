import { t } from "../l10n.ts";
import { compareCells } from "./comparison.ts";
import { formatDifference, formatDuration, formatRatio } from "./format.ts";
import type { BuildSnapshot, Cell, Failure, SharedStep, StepRow, StepState, Timing } from "./snapshot.ts";

/** What a table is made of: a build's snapshot, or the parts of one. */
export interface TableSource extends Pick<BuildSnapshot, "lanes" | "rows" | "shared"> {
  readonly head: Pick<BuildSnapshot["head"], "state" | "failure">;
}

/**
 * A build's timings as Markdown: one row per step, one column per platform, and by how much the slowest platform is
 * behind the fastest; then the shared steps; then why it failed.
 */
export function timingTable({ lanes, rows, shared, head }: TableSource): string {
  const platforms = lanes.map(({ platform }) => platform || t("default platform"));
  const difference = platforms.length > 1 ? [t("Difference")] : [];
  const steps = rows.map((row) => [
    stepTitle(row),
    ...row.cells.map((cell) => (cell ? timeText(cell) : "")),
    ...(platforms.length > 1 ? [differenceText(row.cells, platforms)] : []),
  ]);
  const parts = [
    markdownTable([t("Step"), ...platforms, ...difference], steps),
    shared.length > 0 ? markdownTable([t("Shared step"), t("Time")], shared.map(sharedLine)) : "",
    head.failure ? failureText(head.failure) : "",
    head.state === "canceled" ? t("The build was cancelled.") : "",
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

function stepTitle({ stage, index, total, instruction, text }: StepRow): string {
  return code(`${`${stage} ${index}/${total}`.trim()} ${instruction} ${text}`);
}

function sharedLine({ name, platform, ...timing }: SharedStep): readonly string[] {
  const isNamed = platform === undefined || name.includes(platform);
  return [isNamed ? code(name) : `${code(name)} (${platform})`, timeText(timing)];
}

function timeText(timing: Timing): string {
  const word = stateWords[timing.state]();
  if (timing.state === "pending" || timing.state === "cached") return word;
  const time = formatDuration(timing.durationMs);
  return timing.state === "done" ? time : `${time}, ${word}`;
}

const stateWords: Readonly<Record<StepState, () => string>> = {
  pending: () => t("not run"),
  running: () => t("running"),
  done: () => t("done"),
  cached: () => t("cached"),
  failed: () => t("**failed**"),
  canceled: () => t("cancelled"),
};

/** By how much the slowest platform is behind the fastest, as in the panel. */
function differenceText(cells: readonly (Cell | null)[], platforms: readonly string[]): string {
  const difference = compareCells(cells, 0);
  if (!difference) return "";
  if (difference.weight === "noise") return "·";
  const more = `${platforms[difference.slowest]} ${formatDifference(difference.ms)}`;
  const ratio = formatRatio(difference.ratio);
  return ratio === "" ? more : `${more} (${ratio})`;
}

function failureText({ what, message, file, line }: Failure): string {
  const place = file === undefined || line === undefined ? "" : ` (${file}:${line})`;
  return `**${what}**${place}\n\n${code(message)}`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Text as it is: in a code span that no character of it can end, and that fits a table. */
function code(text: string): string {
  const plain = text
    .replace(/@sha256:[0-9a-f]{64}/g, "")
    .replace(/\s+/g, " ")
    .replaceAll("|", "\\|")
    .trim();
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${plain} ${fence}` : `${fence}${plain}${fence}`;
}
