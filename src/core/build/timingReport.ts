import type { Platform } from "../platform.ts";
import type { BuildModel } from "./model.ts";
import type { BuildState, Cell, StepState } from "./snapshot.ts";
import { parseVertexName } from "./vertexName.ts";

/** A build's timings as plain data for other programs. Durations are in milliseconds. */
export interface TimingReport {
  readonly state: BuildState;
  readonly lanes: readonly { readonly platform: Platform; readonly steps: readonly StepReport[] }[];
  readonly shared: readonly { readonly name: string; readonly state: StepState; readonly durationMs: number }[];
  readonly error?: {
    readonly message: string;
    readonly file?: string;
    readonly line?: number;
    readonly platform?: Platform;
  };
  /** Lines of stderr that are no progress messages. */
  readonly text: readonly string[];
}

/** One step on one platform; `name` is what BuildKit writes behind the bracket. */
export interface StepReport {
  readonly stage: string;
  readonly index: number;
  readonly total: number;
  readonly name: string;
  readonly state: StepState;
  readonly durationMs: number;
  readonly cached: boolean;
  readonly runsOn?: Platform;
  readonly error?: string;
}

/** Reports what a model knows. Call it when the build has ended. */
export function timingReport(model: BuildModel): TimingReport {
  const rows = model.rows();
  const failure = model.failure();
  return {
    state: model.state,
    lanes: model.lanes().map(({ platform }, lane) => ({
      platform,
      steps: rows.flatMap(({ cells }) => {
        const cell = cells[lane];
        return cell ? stepReport(cell, model.nameOf(cell.stepId) ?? "") : [];
      }),
    })),
    shared: model.shared().map(({ name, state, durationMs }) => ({ name, state, durationMs: rounded(durationMs) })),
    error: failure && {
      message: failure.message,
      file: failure.file,
      line: failure.line,
      platform: failure.platform,
    },
    text: model.text(),
  };
}

function stepReport({ state, durationMs, runsOn, error }: Cell, fullName: string): StepReport[] {
  const name = parseVertexName(fullName);
  if (name.kind !== "step") return [];
  const { stage, index, total, text } = name;
  const cached = state === "cached";
  return [{ stage, index, total, name: text, state, durationMs: rounded(durationMs), cached, runsOn, error }];
}

/** To the microsecond: more the sum of two epoch times does not hold. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
