import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { BuildModel } from "../../src/core/build/model.ts";
import type { BuildSnapshot, StepRow } from "../../src/core/build/snapshot.ts";

const recordings = path.join(import.meta.dirname, "../fixtures/recordings");

/** A real build as the panel gets it, with all its output; times are those of the recording. */
export interface RecordedBuild {
  readonly build: BuildSnapshot;
  readonly nowMs: number;
  readonly logs: Readonly<Record<string, string>>;
}

/** Names of all recordings: folder and file, without the ending. */
export function recordingNames(): readonly string[] {
  return globSync("*/*.rawjson", { cwd: recordings })
    .map((file) => file.replace(/\.rawjson$/, "").replaceAll(path.sep, "/"))
    .toSorted();
}

/** Feeds a recording to the build model: all of it, or as much of it as `part` (0 to 1) says. */
export function readRecording(name: string, part: number): RecordedBuild {
  if (!recordingNames().includes(name)) throw new Error(`There is no recording ${name}.`);
  const lines = readFileSync(path.join(recordings, `${name}.rawjson`), "utf8")
    .split("\n")
    .filter(Boolean);
  const model = new BuildModel({ platforms: [] });
  for (const line of lines.slice(0, Math.ceil(lines.length * part))) model.apply(line);
  if (part >= 1) {
    const exitCode = model.text().some((line) => line.startsWith("ERROR")) ? 1 : 0;
    model.end({ exitCode, wasCanceled: /sig(?:int|term)/.test(name) });
  }
  const rows = model.rows();
  const times = rows.flatMap(timesOf);
  const startedMs = times.length > 0 ? Math.min(...times) : 0;
  const nowMs = times.length > 0 ? Math.max(...times) : 0;
  const build: BuildSnapshot = {
    head: {
      id: name,
      state: model.state,
      startedMs,
      endedMs: part >= 1 ? nowMs : undefined,
      dockerfile: "demo/Dockerfile",
      output: "./out",
      builder: "lab",
      steps: model.counts(),
      waitingFor: model.waitingFor()?.text,
      failure: model.failure(),
      messages: model.messages(),
    },
    lanes: model.lanes(),
    rows,
    shared: model.shared(),
  };
  const ids = [...rows.flatMap((row) => row.cells.flatMap((cell) => cell?.stepId ?? [])), ...build.shared.map(idOf)];
  return { build, nowMs, logs: Object.fromEntries(ids.map((id) => [id, model.log(id)?.read().text ?? ""])) };
}

function idOf({ stepId }: { readonly stepId: string }): string {
  return stepId;
}

function timesOf(row: StepRow): readonly number[] {
  return row.cells.flatMap((cell) =>
    [cell?.startedMs, cell?.completedMs, cell?.lastOutputMs].filter((ms) => ms !== undefined),
  );
}
