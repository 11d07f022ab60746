import { t } from "../l10n.ts";
import { isClientNoise } from "../buildx/errorText.ts";
import { formatDuration } from "./format.ts";
import type { BuildSnapshot, StepState, Timing } from "./snapshot.ts";

/** What a build has printed, step by step. */
export interface Printed {
  /** A step's name as BuildKit writes it. */
  readonly nameOf: (stepId: string) => string;
  readonly logOf: (stepId: string) => string;
  /** The plain text of buildx, line by line. */
  readonly text: readonly string[];
}

/**
 * A whole build as text: what belongs to no step of the Dockerfile, then each step on each platform, with how it ended,
 * how long it took, and what it printed; then what buildx has to say.
 */
export function wholeLog(
  { rows, shared }: Pick<BuildSnapshot, "rows" | "shared">,
  { nameOf, logOf, text }: Printed,
): string {
  const steps = [...shared, ...rows.flatMap(({ cells }) => cells.filter((cell) => cell !== null))];
  const parts = steps.map((step) => {
    const name = nameOf(step.stepId);
    const platform = "platform" in step && step.platform !== undefined && !name.includes(step.platform);
    const title = platform ? `${name} (${step.platform})` : name;
    const error = step.state === "failed" ? withLineEnd(step.error ?? "") : "";
    return `${title}\n${fateOf(step)}\n${withLineEnd(logOf(step.stepId))}${error}`;
  });
  return [
    ...parts,
    text
      .filter((line) => !isClientNoise(line))
      .map(withLineEnd)
      .join(""),
  ].join("\n");
}

/** How a step ended, in a line of its own that no step prints. */
function fateOf(step: Timing): string {
  const time = step.durationMs > 0 ? formatDuration(step.durationMs) : "";
  return ["──", words[step.state](), time].filter(Boolean).join(" ");
}

const words: Readonly<Record<StepState, () => string>> = {
  pending: () => t("not run"),
  running: () => t("running"),
  done: () => t("done"),
  cached: () => t("cached"),
  failed: () => t("failed"),
  canceled: () => t("cancelled"),
};

function withLineEnd(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
