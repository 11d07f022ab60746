import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { failureOf, verdictOf, type Ending } from "../../../src/core/build/failure.ts";
import { readFinalText } from "../../../src/core/build/finalText.ts";
import { BuildModel } from "../../../src/core/build/model.ts";
import type { BuildState, Failure } from "../../../src/core/build/snapshot.ts";
import { Step, Vertex } from "../../../src/core/build/step.ts";

const processError = 'process "/bin/sh -c make" did not complete successfully: exit code: 2';
const noise = 'E1123 17:45:11.099754   25596 v2.go:105] "Copying stdin failed" err="EOF"';
const sourceBlock = ["Dockerfile:6", "--------------------", "   5 |     COPY . .", "   6 | >>> RUN make", "--------------------"]; // prettier-ignore

function failedStep(name: string, error: string, output = ""): Step {
  const step = new Step(name, name);
  const vertex = new Vertex({ digest: name, name }, step);
  vertex.apply({ digest: name, started: "2026-11-23T14:47:40Z", completed: "2026-11-23T14:47:41Z", error });
  step.vertices.push(vertex);
  step.log.append(vertex.stdout, Buffer.from(output).toString("base64"), undefined);
  return step;
}

function ending(more: Partial<Ending>): Ending {
  return { text: [], failed: [], isCut: false, ...more };
}

/** Compares what is given of a failure. */
function assertFailure(given: Partial<Ending>, expected: Partial<Failure>): void {
  const failure = failureOf(ending(given));
  const told = Object.fromEntries(Object.entries(failure).filter(([key]) => key in expected));
  assert.deepEqual(told, expected);
}

describe("readFinalText", () => {
  const errors: readonly (readonly [name: string, lines: readonly string[], message: string | undefined])[] = [
    ["takes the wrapping off", ["ERROR: failed to build: failed to solve: no such file"], "no such file"],
    ["takes the target of bake off", ["ERROR: failed to build: target app: failed to solve: no"], "no"],
    ["takes off what is there only", ["ERROR: failed to solve: no"], "no"],
    [
      "keeps what is inside",
      ["ERROR: no: failed to solve: failed to build: x"],
      "no: failed to solve: failed to build: x",
    ],
    ["the last one counts", ["ERROR: first", "WARNING: x", "ERROR: last", noise], "last"],
    ["an error in the middle of a line is none", ["WARNING: ERROR: x", " ERROR: y"], undefined],
    [
      "takes all lines of one, and what Docker Desktop adds is none",
      ["ERROR: denied:", "- privileged is not allowed", noise, "", "View build details: docker-desktop://dashboard/1"],
      "denied:\n- privileged is not allowed",
    ],
    ...[
      "12 v0.38.2 /usr/bin/docker-buildx buildx build .",
      "1 v0.34.2 buildkitd --addr=x",
      "7 v0.38.2 C:\\a b\\docker-buildx.exe buildx build",
    ].map((head) => [`takes no stack of ${head}`, ["ERROR: no", head, "main.main", "\tmain.go:1"], "no"] as const),
    ["says nothing of nothing", [], undefined],
  ];
  for (const [name, lines, message] of errors)
    it(name, () => {
      assert.equal(readFinalText(lines).message, message);
    });

  const sources: readonly (readonly [name: string, lines: readonly string[], place: string])[] = [
    ["finds the source block", ["WARNING: x", ...sourceBlock, "ERROR: no"], "Dockerfile:6"],
    ["gives the base name", ["docker/app.Dockerfile:12", "--------------------"], "app.Dockerfile:12"],
    ["gives the base name on Windows", ["C:\\src\\Dockerfile:12", "--------------------"], "Dockerfile:12"],
    ["needs the rule below", ["Dockerfile:6", "RUN make"], "undefined:undefined"],
    ["needs a line", ["Dockerfile", "--------------------"], "undefined:undefined"],
  ];
  for (const [name, lines, place] of sources)
    it(name, () => {
      const { file, line } = readFinalText(lines);
      assert.equal(`${file}:${line}`, place);
    });
});

describe("verdictOf", () => {
  const failed = [failedStep("[1/1] RUN make", processError)];
  const cases: readonly (readonly [name: string, given: Partial<Ending>, verdict: BuildState])[] = [
    ["exit code 0 is done", { exitCode: 0, isCut: true, text: ["ERROR: x"] }, "done"],
    ["exit code 0 is done even when a cancel came too late", { exitCode: 0, wasCanceled: true }, "done"],
    ["a signal was sent: canceled, whatever the code and the text", { exitCode: 1, wasCanceled: true, failed, text: ["ERROR: x"] }, "canceled"], // prettier-ignore
    ["exit code 130 is canceled", { exitCode: 130, text: ["ERROR: x"] }, "canceled"],
    ["a failed step is a failure", { exitCode: 1, failed, text: ["ERROR: context canceled"] }, "failed"],
    ["an error is a failure", { exitCode: 1, text: ["ERROR: no builder"] }, "failed"],
    ["an error that ends in context canceled is a cancel", { exitCode: 1, text: ["ERROR: failed to solve: Canceled: context canceled"] }, "canceled"], // prettier-ignore
    ["a code without a word is a failure", { exitCode: 1 }, "failed"],
    ["without a code a cut step is a cancel", { isCut: true }, "canceled"],
    ["without a code and with nothing wrong it is done", {}, "done"],
  ];
  for (const [name, given, verdict] of cases)
    it(name, () => {
      assert.equal(verdictOf(ending(given)), verdict);
    });
});

describe("failureOf", () => {
  const amd = failedStep(
    "[linux/amd64 build 2/3] RUN make",
    processError,
    "cc -c a.c\r\n\u001b[31ma.c:1: no\u001b[0m\n\n",
  );
  const arm = failedStep("[linux/arm64 build 2/3] RUN make", processError);
  const error = `ERROR: failed to build: failed to solve: ${processError}`;

  it("tells step, platform, exit code, source and the last output of a step that failed", () => {
    assertFailure({ failed: [amd], text: [noise, ...sourceBlock, error], exitCode: 1 }, {
      what: "build 2/3 failed on linux/amd64",
      message: processError,
      stepId: "[linux/amd64 build 2/3] RUN make",
      platform: "linux/amd64",
      exitCode: 2,
      file: "Dockerfile",
      line: 6,
      logTail: ["cc -c a.c", "a.c:1: no"],
    }); // prettier-ignore
  });

  const cases: readonly (readonly [name: string, given: Partial<Ending>, expected: Partial<Failure>])[] = [
    ["the step's own words when buildx says none", { failed: [amd] }, { message: processError }],
    ["the step that the last words speak of, of several", { failed: [failedStep("[a 1/1] RUN x", "other"), amd], text: [error] }, { stepId: amd.id }], // prettier-ignore
    ["no platform when the step failed equally on several", { failed: [amd, arm], text: [error] }, { what: "build 2/3 failed", platform: undefined }], // prettier-ignore
    ["the platform when another one failed in another way", { failed: [amd, failedStep("[linux/arm64 1/1] COPY a b", "no")] }, { platform: "linux/amd64" }], // prettier-ignore
    ["a step of the only stage", { failed: [failedStep("[2/3] RUN x", "no")] }, { what: "step 2/3 failed" }],
    ["shared work in words", { failed: [failedStep("[linux/arm64 internal] load build context", "no")] }, { what: "The build context could not be sent.", message: "no", platform: "linux/arm64", exitCode: undefined }], // prettier-ignore
    ["the cause where it is known", { failed: [failedStep("[linux/arm64 internal] load metadata for x", "x: not found")] }, { what: "The base image x does not exist.", message: "x: not found", platform: undefined }], // prettier-ignore
    [
      "a refused push",
      { failed: [failedStep("exporting to image", "failed to push x: denied")] },
      { what: "The image could not be pushed: the registry docker.io does not allow it." },
    ],
    [
      "work it does not know by its name",
      { failed: [failedStep("[internal] something new", "no")] },
      { what: "something new failed" },
    ],
    ["a Dockerfile that is wrong", { text: ["ERROR: failed to build: failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN"] }, { what: "The Dockerfile is not valid." }], // prettier-ignore
    ["a lost connection", { text: ["ERROR: failed to build: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF"] }, { what: "The connection to the builder was lost." }], // prettier-ignore
    ["what fails before the build", { text: [noise, "", "WARNING: x", "unknown flag: --foo", "See help"], exitCode: 1 }, { what: "The build failed.", message: "unknown flag: --foo", logTail: [] }], // prettier-ignore
    ["no word at all", { text: [noise], exitCode: 7 }, { message: "buildx ended with exit code 7 without saying why.", stepId: undefined }], // prettier-ignore
  ];
  for (const [name, given, expected] of cases) it(`tells ${name}`, () => assertFailure(given, expected));

  it("tells ten lines of output at most, as they would stand on a terminal", () => {
    const output = Array.from({ length: 12 }, (_, at) => `old\r${at}  \n`).join("");
    const logTail = ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];
    assertFailure({ failed: [failedStep("[1/1] RUN x", "no", output)] }, { logTail });
  });
});

describe("BuildModel.failure", () => {
  const vertex = (error?: string): string =>
    JSON.stringify({
      vertexes: [{ digest: "a", name: "[1/2] RUN make", started: "2026-11-23T14:47:40Z", completed: "2026-11-23T14:47:41Z", error }], // prettier-ignore
    });

  const cases: readonly (readonly [
    name: string,
    lines: readonly string[],
    exitCode: number,
    what: string | undefined,
  ])[] = [
    ["a failed step", [vertex(processError)], 1, "step 1/2 failed on linux/arm64"],
    ["an error of buildx alone", [vertex(), "ERROR: no"], 1, "The build failed."],
    ["a canceled step is no failure", [vertex("failed: context canceled"), "ERROR: context canceled"], 1, undefined],
    ["a build that succeeds has none", [vertex()], 0, undefined],
  ];
  for (const [name, lines, exitCode, what] of cases)
    it(name, () => {
      const model = new BuildModel({ platforms: ["linux/arm64"] });
      for (const line of lines) model.apply(line);
      assert.equal(model.failure(), undefined);
      model.end({ exitCode });
      assert.equal(model.failure()?.what, what);
    });
});
