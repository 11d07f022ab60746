import type { BuildRequest } from "../buildx/buildRequest.ts";
import type { Event } from "../event.ts";
import { t } from "../l10n.ts";
import type { BuildHead, BuildSnapshot, BuildSummary, BuildUpdate } from "./snapshot.ts";
import type { LogPart } from "./stepLog.ts";

/** A build as it is shown: one that runs or has ended in this window, or one that is remembered from an earlier one. */
export interface ShownBuild {
  readonly id: string;
  readonly request: BuildRequest;
  readonly startedMs: number;
  /** The Dockerfile as it was built, where that is known. */
  readonly dockerfileText: string | undefined;
  readonly hasEnded: boolean;
  /** Fires on every change. */
  readonly onDidChange: Event<void>;
  /** What lists show of it. */
  summary(): BuildSummary;
  /** Everything there is to show. */
  snapshot(): BuildSnapshot;
  /** What has changed since the last call; undefined when nothing has. For one reader. */
  takeChanges(): BuildUpdate | undefined;
  /** What a step has printed since a position of an earlier reading; empty for a step that is not known. */
  log(stepId: string, from?: number): LogPart;
  /** The name of a step as BuildKit writes it; its id for one that is not known. */
  nameOf(stepId: string): string;
  /** The whole output as text. */
  output(): string;
  /** Asks a running build to stop. */
  cancel(): void;
}

/** What lists call a build: its Dockerfile, numbered from the second build on. */
export function buildLabel({ dockerfile, ordinal }: Pick<BuildHead, "dockerfile" | "ordinal">): string {
  return ordinal === undefined ? dockerfile : t("{0} #{1}", dockerfile, ordinal);
}
