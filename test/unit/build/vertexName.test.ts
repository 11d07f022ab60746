import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseVertexName, splitInstruction } from "../../../src/core/build/vertexName.ts";

/** `platform(runs on) | stage | index/total | text` of a step; `other platform` of anything else. */
function parts(name: string): string {
  const parsed = parseVertexName(name);
  if (parsed.kind === "other") return `other ${parsed.platform ?? ""}`.trim();
  const { platform = "", runsOn, stage, index, total, text } = parsed;
  return [runsOn ? `${platform} on ${runsOn}` : platform, stage, `${index}/${total}`, text].join(" | ");
}

const steps: readonly (readonly [name: string, parts: string])[] = [
  ["[1/3] FROM docker.io/library/alpine", " |  | 1/3 | FROM docker.io/library/alpine"],
  ["[builder 2/3] RUN make", " | builder | 2/3 | RUN make"],
  ["[stage-1 2/3] RUN make", " | stage-1 | 2/3 | RUN make"],
  ["[my.stage_2-b 2/3] RUN make", " | my.stage_2-b | 2/3 | RUN make"],
  ["[ 2/10] RUN make", " |  | 2/10 | RUN make"],
  ["[builder  2/10] RUN make", " | builder | 2/10 | RUN make"],
  ["[linux/amd64  2/10] RUN make", "linux/amd64 |  | 2/10 | RUN make"],
  ["[linux/amd64 builder   2/100] RUN make", "linux/amd64 | builder | 2/100 | RUN make"],
  ["[linux/arm64 builder 10/10] RUN make", "linux/arm64 | builder | 10/10 | RUN make"],
  ["[linux/arm/v7 2/3] RUN make", "linux/arm/v7 |  | 2/3 | RUN make"],
  ["[windows(10.0.17763.2114)/amd64 1/2] FROM nanoserver", "windows/amd64 |  | 1/2 | FROM nanoserver"],
  ["[linux/amd64->arm64 2/3] RUN make", "linux/arm64 on linux/amd64 |  | 2/3 | RUN make"],
  ["[linux/amd64->arm/v7 build 2/3] RUN make", "linux/arm/v7 on linux/amd64 | build | 2/3 | RUN make"],
  ["[linux/arm/v7->arm/v6 2/3] RUN make", "linux/arm/v6 on linux/arm/v7 |  | 2/3 | RUN make"],
  ["[linux/amd64->windows/amd64 2/3] RUN make", "windows/amd64 on linux/amd64 |  | 2/3 | RUN make"],
  ["[linux/amd64->windows/arm/v7 2/3] RUN make", "windows/arm/v7 on linux/amd64 |  | 2/3 | RUN make"],
  ["[linux/amd64->wasip1/wasm 2/3] RUN make", "wasip1/wasm on linux/amd64 |  | 2/3 | RUN make"],
  ["[linux/amd64->amd64 2/3] RUN make", "linux/amd64 |  | 2/3 | RUN make"],
  ["[app linux/amd64 builder 2/3] RUN make", "linux/amd64 | app builder | 2/3 | RUN make"],
  ["[app linux/amd64->arm64 2/3] RUN make", "linux/arm64 on linux/amd64 | app | 2/3 | RUN make"],
  ["[app builder 2/3] RUN make", " | app builder | 2/3 | RUN make"],
  ["[linux/amd64 2/3] LINK COPY --link a b", "linux/amd64 |  | 2/3 | LINK COPY --link a b"],
  ["[2/3] ONBUILD RUN make", " |  | 2/3 | ONBUILD RUN make"],
  ["[2/3] RUN <<EOT (set -e\n...)", " |  | 2/3 | RUN <<EOT (set -e\n...)"],
  ["[2/3] RUN test [ 1/2 ] ]", " |  | 2/3 | RUN test [ 1/2 ] ]"],
];

const others: readonly (readonly [name: string, parts: string])[] = [
  ["[internal] load build definition from Dockerfile", "other"],
  ["[internal] booting buildkit", "other"],
  ["[linux/arm64 internal] load metadata for docker.io/library/alpine:3.20", "other linux/arm64"],
  ["[linux/arm/v7 internal] load metadata for docker.io/library/alpine:3.20", "other linux/arm/v7"],
  ["[app linux/arm64 internal] load metadata for docker.io/library/alpine:3.20", "other linux/arm64"],
  ["[linux/amd64] generating sbom using docker.io/docker/buildkit-syft-scanner:stable-1", "other linux/amd64"],
  ["[app internal] load .dockerignore", "other"],
  ["[auth] library/alpine:pull token for registry-1.docker.io", "other"],
  ["[context base] load from client", "other"],
  ["[app] exporting to image", "other"],
  ["exporting to image", "other"],
  ["merging manifest list example.com/app:1,example.com/app:2", "other"],
  ["docker-image://docker.io/docker/dockerfile:1@sha256:00", "other"],
  ["importing cache manifest from example.com/app:cache", "other"],
];

const lookAlikes: readonly string[] = [
  "",
  "[",
  "[]",
  "[1/2]",
  "[1/2]RUN make",
  "1/2 RUN make",
  " [1/2] RUN make",
  "[a/b] RUN make",
  "[1/] RUN make",
  "[/2] RUN make",
  "[1/2/3] RUN make",
  "[-1/2] RUN make",
  "[one two three 1/2] RUN make",
  "[one two three four 1/2] RUN make",
  "[builder 1/2 ] RUN make",
];

describe("parseVertexName", () => {
  for (const [name, expected] of steps)
    it(`reads the step ${JSON.stringify(name)}`, () => {
      assert.equal(parts(name), expected);
    });
  for (const [name, expected] of others)
    it(`sees no step in ${JSON.stringify(name)}`, () => {
      assert.equal(parts(name), expected);
    });
  for (const name of lookAlikes)
    it(`is not taken in by ${JSON.stringify(name)}`, () => {
      assert.equal(parseVertexName(name).kind, "other");
    });
});

describe("splitInstruction", () => {
  const cases: readonly (readonly [text: string, instruction: string, rest: string])[] = [
    ["RUN make all", "RUN", "make all"],
    ["copy . /src", "COPY", ". /src"],
    ["RUN a &&   \n   b", "RUN", "a && b"],
    ["RUN  two  inner  spaces", "RUN", "two  inner  spaces"],
    ["ONBUILD RUN make", "ONBUILD", "RUN make"],
    ["RUN", "RUN", ""],
    ["", "", ""],
    ["--mount=x\ny", "", "--mount=x y"],
  ];
  for (const [text, instruction, rest] of cases)
    it(`splits ${JSON.stringify(text)}`, () => {
      assert.deepEqual(splitInstruction(text), { instruction, rest });
    });
});
