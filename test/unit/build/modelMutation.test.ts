import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { BuildModel } from "../../../src/core/build/model.ts";
import { timingReport } from "../../../src/core/build/timingReport.ts";
import { timingTable } from "../../../src/core/build/timingTable.ts";
import { randomOf, type Random } from "../../random.ts";

const file = path.join(import.meta.dirname, "../../fixtures/recordings/buildx-0.29.1/a-success.rawjson");
const recording = readFileSync(file, "utf8").trimEnd().split("\n");

const garbage = [
  "",
  "null",
  "{}",
  "[]",
  "{",
  '"',
  "\u0000\uffff",
  "ERROR: x",
  '{"vertexes":[null,{"digest":""}]}',
  '{"vertexes":[{"digest":"a","name":"[9/1] RUN","started":"0001-01-01T00:00:00Z"}]}',
  '{"vertexes":[{"digest":"a","inputs":["a"],"name":"[1/1] RUN x"}]}',
  '{"statuses":[{"id":"","vertex":"a"}],"logs":[{"vertex":"a","data":"="}]}',
];

/** Each changes the lines at one place. */
const mutations: readonly ((lines: string[], at: number, random: Random) => void)[] = [
  (lines, at, random) => lines.splice(at, 1, (lines[at] ?? "").slice(0, random(200))),
  (lines, at, random) => lines.splice(random(lines.length), 0, lines[at] ?? ""),
  (lines, at, random) => lines.splice(random(lines.length), 0, ...lines.splice(at, 1)),
  (lines, at) => lines.splice(at, 1),
  (lines, at) => lines.splice(at, lines.length),
  (lines, at, random) => lines.splice(at, 0, garbage[random(garbage.length)] ?? ""),
  (lines, at, random) =>
    lines.splice(at, 1, (lines[at] ?? "").replace(/"data":"/, `"data":"${"%=é".charAt(random(3))}`)),
  (lines, at) => lines.splice(at, 1, (lines[at] ?? "").replace(/"sha256:\w{20}/, '"sha256:')),
  (lines, at) => lines.splice(at, 1, (lines[at] ?? "").replace(/"started":"[^"]*"/, '"started":7')),
  (lines, at, random) =>
    lines.splice(at, 1, (lines[at] ?? "").replace(/:\d+/, `:${["1e308", "-1", "9007199254740993"][random(3)]}`)),
  (lines, at) => lines.splice(at, 1, (lines[at] ?? "").replace(/"(?:digest|name|vertex|id|timestamp)":"[^"]*",?/, "")),
  // Half a character, bytes that are none, and the beginning of an escape sequence.
  (lines, at) => lines.splice(at, 1, (lines[at] ?? "").replace(/"data":"[^"]*"/, '"data":"4oL//hs="')),
];

/** Streams that are played; more by hand: `MUTATIONS=100000 node --test test/unit/build/modelMutation.test.ts`. */
const streams = Number(process.env["MUTATIONS"] ?? 300);

function mutated(seed: number): readonly string[] {
  const random = randomOf(seed);
  const lines = [...recording];
  for (let count = 1 + random(20); count > 0; count--)
    mutations[random(mutations.length)]?.(lines, random(Math.max(1, lines.length)), random);
  return lines;
}

/** A line that is no JSON object is text. */
function isText(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value !== "object" || value === null || Array.isArray(value);
  } catch {
    return true;
  }
}

/** Plays a recording as the panel does: some lines, then what has changed. */
function play(lines: readonly string[]): BuildModel {
  const model = new BuildModel({ platforms: ["linux/amd64", "linux/arm64"] });
  for (const [at, line] of lines.entries()) {
    model.apply(line);
    if (at % 10 === 0) model.takeChanges();
  }
  model.end({ exitCode: lines.length % 2 });
  return model;
}

describe("BuildModel with a damaged recording", () => {
  it("is not vacuous: mutations do change the recording, in many ways", () => {
    const all = Array.from({ length: 300 }, (_, seed) => mutated(seed).join("\n"));
    assert.ok(new Set([...all, recording.join("\n")]).size > 250);
    assert.ok(all.some((lines) => lines.split("\n").some((line) => line !== "" && isText(line))));
  });

  it("never throws and loses no line of text, whatever happens to the lines", () => {
    for (let seed = 0; seed < streams; seed++) {
      const lines = mutated(seed);
      const model = play(lines);
      const { lanes, text } = timingReport(model);
      assert.deepEqual(text, lines.filter(isText), `seed ${seed}`);
      const steps = [...model.rows().flatMap(({ cells }) => cells), ...model.shared()].filter((step) => step !== null);
      for (const { stepId, state, durationMs } of steps) {
        assert.ok(durationMs >= 0 && state !== "running", `seed ${seed}: ${state} ${durationMs}`);
        assert.equal(typeof model.log(stepId)?.read().text, "string", `seed ${seed}`);
      }
      assert.equal(lanes.flatMap((lane) => lane.steps).length, model.counts().total, `seed ${seed}`);
      const [rows, shared] = [model.rows(), model.shared()];
      timingTable({ lanes: model.lanes(), rows, shared, head: { state: model.state, failure: model.failure() } });
    }
  });
});
