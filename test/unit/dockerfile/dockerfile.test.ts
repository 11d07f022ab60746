import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildableStages, lineFinder } from "../../../src/core/dockerfile/dockerfile.ts";

const lines = (...all: readonly string[]): string => all.join("\n");

describe("the whole Dockerfile", () => {
  const cases: readonly (readonly [name: string, dockerfile: string, line: number | undefined])[] = [
    ["the first line", "FROM alpine", 1],
    ["below directives, comments and empty lines", lines("# syntax=docker/dockerfile:1", "# FROM x", "", "FROM a"), 4],
    ["below ARG", lines("ARG BASE=alpine", "FROM $BASE"), 2],
    ["in lower case", "from alpine", 1],
    ["the first of several", lines("", "FROM a AS x", "FROM b"), 2],
    ["behind Windows line ends", "ARG A\r\n\r\nFROM a\r\n", 3],
    ["nowhere in an empty file", "", undefined],
    ["nowhere in a file without one", lines("# FROM a", "RUN make"), undefined],
  ];
  for (const [name, dockerfile, line] of cases)
    it(`stands at ${name}`, () => {
      assert.equal(buildableStages(dockerfile)[0]?.line, line);
    });
});

describe("stages that can be built", () => {
  it("are those with a name, but the last", () => {
    const dockerfile = lines("FROM a AS Deps", "RUN x", "FROM deps", "FROM c AS tools", "FROM d AS final");
    assert.deepEqual(buildableStages(dockerfile), [
      { line: 1 },
      { line: 1, stage: "deps" },
      { line: 4, stage: "tools" },
    ]);
    assert.deepEqual(buildableStages("FROM a AS only"), [{ line: 1 }]);
  });
});

/** `stage index/total INSTRUCTION → line: text`, or no line. */
function assertFinds(dockerfile: string, expected: readonly string[]): void {
  const find = lineFinder(dockerfile);
  const found = expected.map((one) => {
    const [step = ""] = one.split(" → ");
    const [, stage = "", index, total, instruction = ""] = /^(?:(\S+) )?(\d+)\/(\d+) (\w+)$/.exec(step) ?? [];
    const place = find(stage, Number(index), Number(total), instruction);
    return `${step} → ${place ? `${place.line}: ${place.text}` : "none"}`;
  });
  assert.deepEqual(found, expected);
}

const cases: readonly (readonly [name: string, dockerfile: string, expected: readonly string[]])[] = [
  [
    "counts the base and ADD, COPY, RUN and WORKDIR, nothing else",
    lines("FROM alpine", "ENV A=1", "WORKDIR /src", "COPY . .", "USER me", "ADD a b", "LABEL x=y", "RUN make", "CMD x"),
    [
      "1/5 FROM → 1: alpine",
      "2/5 WORKDIR → 3: /src",
      "3/5 COPY → 4: . .",
      "4/5 ADD → 6: a b",
      "5/5 RUN → 8: make",
      "6/5 RUN → none",
      "0/5 FROM → none",
    ],
  ],
  [
    "counts WORKDIR /, which makes no step",
    lines("FROM alpine", "WORKDIR /", "RUN make"),
    ["2/3 WORKDIR → 2: /", "3/3 RUN → 3: make"],
  ],
  [
    "FROM scratch is no step",
    lines("FROM scratch", "COPY a /", "RUN /a"),
    ["1/2 COPY → 2: a /", "2/2 RUN → 3: /a", "1/3 FROM → none"],
  ],
  [
    "FROM another stage is no step, however it is written",
    lines("FROM alpine AS Builder", "RUN a", "FROM BUILDER", "RUN b"),
    ["builder 1/2 FROM → 1: alpine AS Builder", "builder 2/2 RUN → 2: a", "stage-1 1/1 RUN → 4: b"],
  ],
  [
    "stages without a name are counted among all stages",
    lines("FROM a AS x", "FROM b", "RUN b", "FROM c as y", "FROM d", "RUN d"),
    ["stage-1 2/2 RUN → 3: b", "stage-3 2/2 RUN → 6: d", "stage-0 1/1 FROM → none", "y 1/1 FROM → 4: c as y"],
  ],
  [
    "one stage is meant with or without its name",
    lines("FROM alpine AS only", "RUN a"),
    ["2/2 RUN → 2: a", "only 2/2 RUN → 2: a"],
  ],
  [
    "one unnamed stage has a number when an image is copied from",
    lines("FROM alpine", "COPY --from=busybox /bin/busybox /"),
    ["stage-0 2/2 COPY → 2: --from=busybox /bin/busybox /"],
  ],
  [
    "several stages are not meant by no name, nor a name that is there twice",
    lines("FROM a AS x", "RUN a", "FROM b AS x", "RUN b"),
    ["2/2 RUN → none", "x 2/2 RUN → none", "y 2/2 RUN → none"],
  ],
  [
    "another total means triggers of the base image: no line",
    lines("FROM node:onbuild", "RUN make"),
    ["1/4 FROM → none", "2/4 RUN → none", "3/4 RUN → none", "4/4 RUN → none", "1/1 RUN → none"],
  ],
  [
    "ONBUILD is no step of its own stage",
    lines("FROM a", "ONBUILD RUN x", "RUN y"),
    ["2/2 RUN → 3: y", "3/3 RUN → none"],
  ],
  [
    "another instruction in the same place: no line",
    lines("FROM a", "RUN x"),
    ["2/2 COPY → none", "2/2 ONBUILD → none"],
  ],
  [
    "a base from an argument may be an image or not: the total tells",
    lines("ARG BASE=scratch", "FROM $BASE", "RUN x", "RUN y"),
    ["1/3 FROM → 2: $BASE", "2/3 RUN → 3: x", "1/2 RUN → 3: x", "2/2 RUN → 4: y", "1/1 RUN → none"],
  ],
  [
    "a platform in FROM does not hide the name",
    lines("FROM --platform=$BUILDPLATFORM alpine AS build", "RUN x"),
    ["build 1/2 FROM → 1: --platform=$BUILDPLATFORM alpine AS build", "build 2/2 RUN → 2: x"],
  ],
  [
    "continued lines are one instruction and one text; comments and empty lines between do not count",
    lines("FROM a", "RUN one \\", "  # why", "", "  && two \\   ", "  && three", "RUN z"),
    ["2/3 RUN → 2: one && two && three", "3/3 RUN → 7: z"],
  ],
  [
    "the escape directive changes what continues a line",
    lines("# escape=`", "FROM a", "RUN dir C:\\", "RUN a `", "  b", "RUN z"),
    ["2/4 RUN → 3: dir C:\\", "3/4 RUN → 4: a b", "4/4 RUN → 6: z"],
  ],
  [
    "instructions inside of here-documents are text",
    lines("FROM a", "RUN <<EOT", "set -e", "RUN no", "EOT", "COPY <<A <<B /x/", "RUN no", "A", "COPY no", "B", "RUN z"),
    ["2/4 RUN → 2: <<EOT (set -e…)", "3/4 COPY → 6: <<A <<B /x/ (RUN no…)", "4/4 RUN → 11: z"],
  ],
  [
    "here-documents end at their word, quoted or indented",
    lines("FROM a", "RUN <<'END' sh", "x", "END", "RUN <<-TAB", "\ty", "\tTAB", "RUN z"),
    ["2/4 RUN → 2: <<'END' sh (x…)", "3/4 RUN → 5: <<-TAB (y…)", "4/4 RUN → 8: z"],
  ],
  [
    "a here-string or a shift is no here-document",
    lines("FROM a", "RUN cat <<< word", "RUN echo $((1<<2))", "RUN z"),
    ["2/4 RUN → 2: cat <<< word", "3/4 RUN → 3: echo $((1<<2))", "4/4 RUN → 4: z"],
  ],
  [
    "comments between instructions do not count, a # within one does",
    lines("# RUN no", "FROM a", "# RUN no", "RUN echo #1", "RUN z"),
    ["2/3 RUN → 4: echo #1", "3/3 RUN → 5: z"],
  ],
  ["instructions may be in lower case", lines("from a", "run x"), ["1/2 FROM → 1: a", "2/2 RUN → 2: x"]],
  ["Windows line ends do not show", "FROM a\r\nRUN x \\\r\n  y\r\nRUN z\r\n", ["2/3 RUN → 2: x y", "3/3 RUN → 4: z"]],
  ["instructions above the first FROM belong to no stage", lines("RUN no", "FROM a", "RUN x"), ["2/2 RUN → 3: x"]],
  ["an empty file has no steps", "", ["1/1 RUN → none", "x 1/1 RUN → none"]],
];

describe("lineFinder", () => {
  for (const [name, dockerfile, expected] of cases) it(name, () => assertFinds(dockerfile, expected));
});
