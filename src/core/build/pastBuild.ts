import { isRequest } from "./answers.ts";
import type { BuildRequest } from "../buildx/buildRequest.ts";
import type { Event } from "../event.ts";
import { t } from "../l10n.ts";
import type { ShownBuild } from "./shownBuild.ts";
import type { BuildSnapshot, BuildSummary, Cell, SharedStep, Timing } from "./snapshot.ts";
import { type LogPart, StepLog } from "./stepLog.ts";

/** What is kept of a build on disk: times and verdict, but no output, in which there may be secrets. */
export interface BuildRecord {
  readonly version: typeof recordVersion;
  readonly request: BuildRequest;
  readonly snapshot: BuildSnapshot;
  /** Epoch milliseconds. */
  readonly savedMs: number;
  /** The process in which it ran when it was saved, see `processMark`; absent once it had ended. */
  readonly owner?: string;
}

export const recordVersion = 1;

/**
 * What is written of a build: nothing that its steps, or buildx's helpers, have printed. Of steps that no line of the
 * Dockerfile is found for, not their words either: BuildKit puts the values of build arguments into those. (An image's
 * name, or what BuildKit says of an error, may still hold one; secrets are not given by build arguments.)
 */
export function recorded({ head, rows, ...rest }: BuildSnapshot): BuildSnapshot {
  const { failure } = head;
  return {
    ...rest,
    rows: rows.map((row) => (row.line === undefined ? { ...row, text: "" } : row)),
    head: { ...head, messages: [], ...(failure && { failure: { ...failure, logTail: [] } }) },
  };
}

/** A build of an earlier window. */
export class PastBuild implements ShownBuild {
  readonly id: string;
  readonly request: BuildRequest;
  readonly startedMs: number;
  readonly hasEnded = true;
  readonly dockerfileText = undefined;
  readonly onDidChange: Event<void> = () => ({ dispose: () => undefined });
  readonly #snapshot: BuildSnapshot;

  constructor({ request, snapshot, savedMs }: BuildRecord) {
    this.#snapshot = remembered(snapshot.head.endedMs === undefined ? interrupted(snapshot, savedMs) : snapshot);
    this.id = snapshot.head.id;
    this.request = request;
    this.startedMs = snapshot.head.startedMs;
  }

  summary(): BuildSummary {
    return this.#snapshot;
  }

  snapshot(): BuildSnapshot {
    return this.#snapshot;
  }

  takeChanges(): undefined {
    return undefined;
  }

  log(): LogPart {
    return new StepLog().read(0);
  }

  nameOf(stepId: string): string {
    return this.#snapshot.shared.find((step) => step.stepId === stepId)?.name ?? stepId;
  }

  output(): string {
    return t("The output of builds is not kept when their window is closed. `docker buildx history logs` may have it.");
  }

  cancel(): void {
    // It has ended.
  }
}

/** Reads a record as it was written; undefined when it is damaged or of another version. */
export function parseRecord(json: string): BuildRecord | undefined {
  try {
    const record = JSON.parse(json) as Partial<BuildRecord>;
    const { snapshot, request } = record;
    const isWhole =
      record.version === recordVersion &&
      isRequest(request) &&
      typeof snapshot?.head?.id === "string" &&
      [snapshot.lanes, snapshot.rows, snapshot.shared].every(Array.isArray);
    return isWhole ? (record as BuildRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** What is known of a build whose process has ended in the middle of it. */
function interrupted({ head, lanes, rows, shared }: BuildSnapshot, endMs: number): BuildSnapshot {
  return {
    head: { ...head, state: "canceled", isInterrupted: true, endedMs: endMs, waitingFor: undefined },
    lanes: lanes.map((lane) => closed(lane, endMs)),
    rows: rows.map((row) => ({ ...row, cells: row.cells.map((cell) => cell && closed(cell, endMs)) })),
    shared: shared.map((step) => closed(step, endMs)),
  };
}

function remembered({ head, lanes, rows, shared }: BuildSnapshot): BuildSnapshot {
  return {
    head: { ...head, isRemembered: true },
    lanes,
    rows: rows.map((row) => ({ ...row, cells: row.cells.map((cell) => cell && withoutLog(cell)) })),
    shared: shared.map(withoutLog),
  };
}

function closed<T extends Timing>(timing: T, endMs: number): T {
  if (timing.state !== "running") return timing;
  const { runningSinceMs = endMs, ...rest } = timing;
  const durationMs = timing.durationMs + Math.max(0, endMs - runningSinceMs);
  return { ...(rest as T), state: "canceled", durationMs };
}

function withoutLog<T extends Cell | SharedStep>(step: T): T {
  return { ...step, hasLog: false };
}
