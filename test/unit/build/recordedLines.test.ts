import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { BuildModel } from "../../../src/core/build/model.ts";
import { lineFinder } from "../../../src/core/dockerfile/dockerfile.ts";

const recordings = path.join(import.meta.dirname, "../../fixtures/recordings");

/** The rows of a recorded build as `line stage index instruction`. */
function rowsOf(recording: string, dockerfile: string): readonly string[] {
  const lineOf = lineFinder(readFileSync(path.join(recordings, "cases", dockerfile, "Dockerfile"), "utf8"));
  const model = new BuildModel({ platforms: ["linux/amd64", "linux/arm64"], lineOf });
  const lines = readFileSync(path.join(recordings, `${recording}.rawjson`), "utf8")
    .trimEnd()
    .split("\n");
  for (const line of lines) model.apply(line);
  model.end({ exitCode: 0 });
  return model.rows().map(({ line, stage, index, instruction }) => `${line} ${stage} ${index} ${instruction}`);
}

test("the steps of three stages have their lines, as they stand in the Dockerfile", () => {
  assert.deepEqual(rowsOf("buildx-0.29.1/a-success", "demo"), [
    "1 deps 1 FROM",
    "2 deps 2 WORKDIR",
    "3 deps 3 COPY",
    "4 deps 4 RUN",
    "5 deps 5 RUN",
    "9 builder 2 WORKDIR",
    "10 builder 3 COPY",
    "11 builder 4 RUN",
    "12 builder 5 RUN",
    "13 builder 6 COPY",
    "14 builder 7 RUN",
    "17 stage-2 1 COPY",
  ]);
});

test("linked copies and here-documents have their lines", () => {
  assert.deepEqual(rowsOf("buildx-0.29.1/w-sbom-provenance", "link"), [
    "1 a 1 FROM",
    "2 a 2 RUN",
    "4 stage-1 2 COPY",
    "5 stage-1 3 COPY",
    "6 stage-1 4 COPY",
    "9 stage-1 5 RUN",
  ]);
});

test("rows never change places while a build runs", () => {
  const model = new BuildModel({ platforms: ["linux/amd64", "linux/arm64"] });
  const file = path.join(recordings, "kubernetes-driver/a-boot-and-build.rawjson");
  let before: readonly string[] = [];
  for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
    model.apply(line);
    const now = model.rows().map(({ id }) => id);
    assert.deepEqual(
      now.filter((id) => before.includes(id)),
      before,
    );
    before = now;
  }
});
