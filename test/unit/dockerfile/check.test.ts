import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { checkDockerfile, type DockerfileProblem } from "../../../src/core/dockerfile/check.ts";

const context = mkdtempSync(path.join(tmpdir(), "check-"));
before(() => {
  mkdirSync(path.join(context, "src"));
  for (const file of ["here.txt", "secret.txt", "src/main.go", "src/kept.txt"])
    writeFileSync(path.join(context, file), "");
  writeFileSync(path.join(context, ".dockerignore"), "secret.txt\nsrc/*\n!src/kept.txt\n");
  symlinkSync("/data", path.join(context, "link"));
});
after(() => rmSync(context, { recursive: true }));

async function check(text: string, target?: string): Promise<DockerfileProblem | undefined> {
  return checkDockerfile(text, { dockerfile: path.join(context, "Dockerfile"), buildContext: context, target });
}

const base = "FROM alpine\n";

describe("a Dockerfile that cannot be built", () => {
  const cases: readonly (readonly [name: string, text: string, expected: DockerfileProblem, target?: string])[] = [
    ["no FROM", "# nothing\n", { kind: "noFrom", subject: "" }],
    ["unknown instruction", `${base}RUNN true\n`, { kind: "unknownInstruction", subject: "RUNN", line: 2 }],
    ["unknown stage", `${base}RUN true\n`, { kind: "unknownStage", subject: "test" }, "test"],
    [
      "missing file",
      `${base}\nCOPY here.txt nothere.txt /\n`,
      { kind: "missingFile", subject: "nothere.txt", line: 3 },
    ],
    ["missing in a list", `${base}ADD ["no such", "/"]\n`, { kind: "missingFile", subject: "no such", line: 2 }],
    ["a folder that is none", `${base}COPY here.txt/x /\n`, { kind: "missingFile", subject: "here.txt/x", line: 2 }],
    ["an ignored file", `${base}COPY secret.txt /\n`, { kind: "missingFile", subject: "secret.txt", line: 2 }],
    ["ignored in a folder", `${base}COPY src/main.go /\n`, { kind: "missingFile", subject: "src/main.go", line: 2 }],
    ["no destination", `${base}COPY here.txt\n`, { kind: "tooFewArguments", subject: "COPY", line: 2 }],
    [
      "a file that an earlier stage needs",
      `FROM alpine AS tools\nCOPY nothere /\nFROM scratch\nCOPY --from=tools /x /\n`,
      { kind: "missingFile", subject: "nothere", line: 2 },
    ],
    [
      "a file of a stage that a mount needs",
      `FROM alpine AS tools\nCOPY nothere /\nFROM alpine\nRUN --mount=type=bind,from=tools,target=/t true\n`,
      { kind: "missingFile", subject: "nothere", line: 2 },
    ],
  ];
  for (const [name, text, expected, target] of cases)
    it(`for ${name}`, async () => assert.deepEqual(await check(text, target), expected));
});

it("a .dockerignore is read as BuildKit reads it: with case, and left alone where it cannot be", async () => {
  const ignored = async (patterns: string): Promise<string | undefined> => {
    writeFileSync(path.join(context, "Dockerfile.dockerignore"), patterns);
    return (
      await check(`${base}COPY here.txt /\n`).finally(() => rmSync(path.join(context, "Dockerfile.dockerignore")))
    )?.kind;
  };
  assert.equal(await ignored("here.txt\n"), "missingFile");
  for (const patterns of ["HERE.TXT\n", "a|h\nx\n", "src/c++/build\n", "notes(\n"])
    assert.equal(await ignored(patterns), undefined, patterns);
});

describe("what only BuildKit can judge is left to it", () => {
  const cases: readonly (readonly [name: string, text: string, target?: string])[] = [
    ["a file that is there", `${base}COPY here.txt ./src /x/\n`],
    ["the whole context", `${base}COPY . /\n`],
    ["an absolute path in the context", `${base}COPY /here.txt ../here.txt /\n`],
    ["a pattern", `${base}COPY no*.txt no[t] /\n`],
    ["a variable", `${base}ARG F=x\nCOPY $F /\n`],
    ["an address", `${base}ADD https://example.com/x git@example.com:x/y /\n`],
    ["an address of another user", `${base}ADD deploy@git.example.com:group/repo.git /src\n`],
    ["a here-document of another descriptor", `${base}RUN cat 3<<EOF\nCOPY x /\nEOF\n`],
    ["characters that BuildKit trims", `${base}\u00A0RUN true\n\fRUN true\nRUN\vtrue\n`],
    ["a frontend named in another way", "// syntax=example.com/frontend\nANYTHING goes\n"],
    ["a frontend named after a shebang", "#!/usr/bin/env dockerfile\n# syntax=example.com/frontend\nANYTHING goes\n"],
    ["a here-document", `${base}COPY <<EOF /x\nNOINSTRUCTION\nEOF\n`],
    ["a command's here-document", `${base}RUN <<EOF\nCOPYX nothere /\nEOF\n`],
    ["a file of another image", `${base}COPY --from=busybox /bin/busybox /\n`],
    ["a folder of which parts are left out", `${base}COPY src /\n`],
    ["what an exception brings back", `${base}COPY src/kept.txt /\n`],
    ["what is behind a link", `${base}COPY link/nothere /\n`],
    ["an unknown flag", `${base}COPY --shiny here.txt /\n`],
    ["another frontend", "# syntax=example.com/frontend\nANYTHING goes\n"],
    ["a newer frontend", `# syntax=docker/dockerfile:2\n${base}NEWTHING x\n`],
    ["a stage that is not built", `FROM alpine AS unused\nCOPY nothere /\nFROM scratch\nCOPY here.txt /\n`],
    ["a stage by its number", `${base}FROM scratch\nCOPY nothere /\n`, "0"],
    ["a stage in another case", `FROM alpine AS Tools\nFROM scratch\nCOPY nothere /\n`, "tools"],
    ["continued lines", `${base}COPY here.txt \\\n # why\n  /\n`],
  ];
  for (const [name, text, target] of cases) it(name, async () => assert.equal(await check(text, target), undefined));

  it("a frontend named on the command line", async () => {
    const build = { dockerfile: path.join(context, "Dockerfile"), buildContext: context };
    const args = ["--build-arg=BUILDKIT_SYNTAX=example.com/frontend"];
    assert.equal(await checkDockerfile("ANYTHING goes\n", { ...build, args }), undefined);
    assert.notEqual(await checkDockerfile("ANYTHING goes\n", { ...build, args: ["--build-arg=A=1"] }), undefined);
  });
});
