import assert from "node:assert/strict";
import { test } from "node:test";
import { BuildModel } from "../../../src/core/build/model.ts";

const name = "[linux/amd64 app 2/3] COPY --link a b";

function event(digest: string, group: string, fields: object = {}): string {
  return JSON.stringify({ vertexes: [{ digest, name, progressGroup: { id: group, name }, ...fields }] });
}

function at(second: number): string {
  return `2026-01-02T03:04:0${second}Z`;
}

test("a progress group whose twin it is takes in the members that come later", () => {
  const model = new BuildModel({ platforms: ["linux/amd64"] });
  model.apply(event("my copy", "mine"));
  model.apply(event("my link", "mine"));
  model.apply(event("their copy", "theirs", { started: at(1), completed: at(2) }));
  const [row] = model.rows();
  model.apply(event("their link", "theirs", { started: at(2), completed: at(4) }));
  model.end({ exitCode: 0 });
  assert.equal(row?.cells[0]?.durationMs, 1000);
  assert.deepEqual(
    model.rows().map(({ cells }) => cells.map((cell) => `${cell?.stepId} ${cell?.state} ${cell?.durationMs}`)),
    [["mine done 3000"]],
  );
});

test("a twin in one lane leaves the pairs of the other lanes as they are", () => {
  const model = new BuildModel({ platforms: ["linux/amd64", "linux/arm64"] });
  const step = (digest: string, platform: string, fields: object = {}): string =>
    JSON.stringify({ vertexes: [{ digest, name: `[${platform} 1/1] RUN make`, ...fields }] });
  model.apply(step("amd", "linux/amd64"));
  model.apply(step("idle", "linux/arm64"));
  model.apply(step("theirs", "linux/arm64"));
  model.apply(step("amd", "linux/amd64", { started: at(1), completed: at(2) }));
  model.apply(step("theirs", "linux/arm64", { started: at(1), completed: at(4) }));
  assert.equal(model.rows().length, 2);
  model.end({ exitCode: 0 });
  assert.deepEqual(
    model.rows().map(({ cells }) => cells.map((cell) => cell?.durationMs)),
    [[1000, 3000]],
  );
});
