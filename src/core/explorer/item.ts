import type { ErrorAction, Trouble } from "../errors.ts";
import { t } from "../l10n.ts";

/** How loud a row is: colour is only for trouble. */
export type Severity = "none" | "warning" | "error";

/** Label–value pairs. */
export type Details = readonly (readonly [label: string, value: string])[];

/** One row of the explorer as plain data: what is shown, not how the editor shows it. */
export interface ExplorerItem {
  /** Stable for the same thing, unique in the tree. */
  readonly id: string;
  readonly label: string;
  /** State in words; the reason when it is not good. As a function it is made for rows that are drawn: many are not. */
  readonly description: string | (() => string);
  /**
   * Details, shown on hover. As a function they are made only then: for rows that are many, and whose details do not
   * change without their description.
   */
  readonly details: Details | (() => Details);
  /** Name of a codicon that tells the kind of thing. */
  readonly icon: string;
  readonly severity: Severity;
  /** What is wrong with this very row, in full, where that is to be read without a wide sidebar. */
  readonly notice?: string;
  /** Which menus the row has. */
  readonly kind:
    | "builders"
    | "builder"
    /** Docker's own builder of a docker context: it comes and goes with that. */
    | "engine"
    /** One that does not run, so that nothing can be built on it. */
    | "stoppedEngine"
    | "unreadableBuilder"
    | "builderNode"
    | "pod"
    | "cluster"
    | "architecture"
    | "clusterNode"
    | "builds"
    | "runningBuild"
    | "endedBuild"
    | "message"
    /** A message with a next step. */
    | "problem";
  readonly children: readonly ExplorerItem[];
  readonly isExpanded: boolean;
  /** The next step of a `problem`. */
  readonly action?: ErrorAction;
}

/** A row without details, children or trouble, from what differs. */
export function item(
  required: Pick<ExplorerItem, "id" | "label" | "kind" | "icon">,
  optional: Partial<ExplorerItem> = {},
): ExplorerItem {
  return { description: "", details: [], severity: "none", children: [], isExpanded: false, ...required, ...optional };
}

/** A row that tells what is wrong, and what to do about it. */
export function message(id: string, trouble: Trouble): ExplorerItem {
  const { reason, remedy = "", action } = trouble;
  const details = remedy === "" ? [] : ([[t("What to do"), remedy]] as const);
  return item(
    { id, label: reason, kind: action ? "problem" : "message", icon: "warning" },
    {
      description: remedy,
      details,
      severity: "warning",
      notice: noticeText(trouble),
      ...(action && { action }),
    },
  );
}

/** What is wrong and what to do about it, in one text. */
export function noticeText({ reason, remedy }: Trouble): string {
  return [reason, remedy].filter(Boolean).join(" ");
}

/** The row's description. */
export function descriptionOf({ description }: ExplorerItem): string {
  return typeof description === "function" ? description() : description;
}

/** The louder of some severities. */
export function loudest(severities: readonly Severity[]): Severity {
  if (severities.includes("error")) return "error";
  return severities.includes("warning") ? "warning" : "none";
}
