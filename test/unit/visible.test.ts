import assert from "node:assert/strict";
import { test } from "node:test";
import { BuildModel } from "../../src/core/build/model.ts";
import { lineFinder } from "../../src/core/dockerfile/dockerfile.ts";
import { visible } from "../../src/core/visible.ts";

test("characters that reorder text are shown, and nothing else is changed", () => {
  assert.equal(visible("a\u202Eb\u2066c\u2069"), "a[U+202E]b[U+2066]c[U+2069]");
  assert.equal(visible("Zürich שלום 你好 🎉 <b>"), "Zürich שלום 你好 🎉 <b>");
});

test("no step and no log can look like another one", () => {
  const model = new BuildModel({ platforms: ["linux/amd64"] });
  const vertex = { digest: "sha256:1", name: "[1/1] RUN x\u202Ey", started: "2026-01-01T00:00:00Z" };
  const log = { vertex: "sha256:1", stream: 1, data: Buffer.from("z\u202Ez\n").toString("base64") };
  model.apply(JSON.stringify({ vertexes: [vertex] }));
  model.apply(JSON.stringify({ logs: [log] }));
  model.apply("text \u202E");
  const [row] = model.rows();
  assert.equal(row?.text, "x[U+202E]y");
  assert.equal(model.log("sha256:1")?.read().text, "z[U+202E]z\n");
  assert.deepEqual(model.text(), ["text [U+202E]"]);
  assert.equal(lineFinder("FROM scratch\nRUN x\u202Ey\n")("", 1, 1, "RUN")?.text, "x[U+202E]y");
});
