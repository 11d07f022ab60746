import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ignoreFolder, isSent, type ContextSource } from "../../../src/core/dockerfile/dockerignore.ts";

let source: ContextSource;
beforeEach(() => {
  const buildContext = mkdtempSync(path.join(tmpdir(), "context-"));
  source = { buildContext, dockerfile: path.join(buildContext, "Dockerfile") };
});
afterEach(() => rmSync(source.buildContext, { recursive: true }));

const at = (...names: readonly string[]): string => path.join(source.buildContext, ...names);

describe("a folder in the build context", () => {
  test("is sent unless it is ignored", async () => {
    assert.equal(await isSent(at("out"), source), true);
    for (const line of ["out", "/out", "out/", "**/out", "*\n!src"]) {
      writeFileSync(at(".dockerignore"), `# what is built\n${line}\n`);
      assert.equal(await isSent(at("out"), source), false, line);
    }
  });

  test("goes by the Dockerfile's own file where there is one", async () => {
    writeFileSync(at(".dockerignore"), "out\n");
    writeFileSync(at("Dockerfile.dockerignore"), "node_modules\n");
    assert.equal(await isSent(at("out"), source), true);
    await ignoreFolder(at("out"), source);
    assert.equal(readFileSync(at("Dockerfile.dockerignore"), "utf8"), "node_modules\nout\n");
    assert.equal(await isSent(at("out"), source), false);
  });

  test("can be ignored from then on, also where nothing was", async () => {
    await ignoreFolder(at("build", "out"), source);
    assert.equal(readFileSync(at(".dockerignore"), "utf8"), "build/out\n");
    writeFileSync(at(".dockerignore"), "last line without end");
    await ignoreFolder(at("out"), source);
    assert.equal(readFileSync(at(".dockerignore"), "utf8"), "last line without end\nout\n");
  });
});

test("a folder elsewhere is not sent", async () => {
  for (const folder of [at(), at("..", "out"), path.join(tmpdir(), "elsewhere")])
    assert.equal(await isSent(folder, source), false, folder);
});
