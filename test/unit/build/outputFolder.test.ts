import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  cannotWriteTo,
  diskProblemAt,
  isOutputOnly,
  outputFolderOf,
  remarkOnFolder,
} from "../../../src/core/build/outputFolder.ts";

let project = "";
beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), "project-"));
  mkdirSync(path.join(project, "out", "linux_arm64"), { recursive: true });
  mkdirSync(path.join(project, "src"));
  writeFileSync(path.join(project, "src", "main.c"), "");
});
afterEach(() => rmSync(project, { recursive: true }));

async function kindOf(answer: string): Promise<string> {
  return (await remarkOnFolder(outputFolderOf(answer, project), [project]))?.kind ?? "fine";
}

describe("an output folder", () => {
  const cases: readonly (readonly [answer: string, kind: string])[] = [
    ["out", "fine"],
    ["new", "fine"],
    ["../elsewhere-that-is-not-there", "fine"],
    [".", "refused"],
    ["..", "refused"],
    ["/", "refused"],
    ["src/main.c", "refused"],
    ["src/main.c/out", "refused"],
    ["src", "risky"],
  ];
  for (const [answer, kind] of cases)
    it(`«${answer}» is ${kind}`, async () => {
      assert.equal(await kindOf(answer), kind);
    });

  it("may be in the home folder", () => {
    assert.equal(outputFolderOf(" ~/out ", project), path.join(homedir(), "out"));
    assert.equal(outputFolderOf("~out", project), path.join(project, "~out"));
  });

  it("can be tried by several builds at once", async () => {
    const folder = path.join(project, "new", "out");
    const problems = await Promise.all(Array.from({ length: 200 }, () => cannotWriteTo(folder)));
    assert.deepEqual(new Set(problems), new Set([undefined]));
    assert.ok(!existsSync(path.join(project, "new")));
  });

  it("belongs to the build when nothing else is in it", async () => {
    assert.equal(await isOutputOnly(path.join(project, "out")), true);
    assert.equal(await isOutputOnly(path.join(project, "new")), true);
    assert.equal(await isOutputOnly(path.join(project, "src")), false);
    assert.equal(await isOutputOnly(path.join(project, "src", "main.c")), false);
  });

  it("has no problem where there is room, even if it is not made yet", async () => {
    assert.equal(await diskProblemAt(path.join(project, "new", "deep")), undefined);
  });
});

it("whether one can write to a folder is known before, and nothing is left of the trial", async () => {
  const root = mkdtempSync(path.join(tmpdir(), "writable-"));
  assert.equal(await cannotWriteTo(path.join(root, "a", "b")), undefined);
  assert.ok(!existsSync(path.join(root, "a")));
  assert.equal(await cannotWriteTo(root), undefined);
  assert.ok(existsSync(root));
  writeFileSync(path.join(root, "file"), "");
  assert.match((await cannotWriteTo(path.join(root, "file", "x")))?.what ?? "", /^The output could not be written: /);
  assert.match((await cannotWriteTo("/proc/nothing"))?.what ?? "", /^The output could not be written: ENOENT/);
  rmSync(root, { recursive: true });
});
