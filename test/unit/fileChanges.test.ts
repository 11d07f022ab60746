import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { onDidChangeFiles } from "../../src/core/fileChanges.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...names: readonly string[]): string => path.join(folder, ...names);

/** Does something to the files and waits for the next call. */
async function expectCall(files: readonly string[], act: () => void): Promise<void> {
  const called = Promise.withResolvers<void>();
  const watching = onDidChangeFiles(files, () => called.resolve());
  act();
  // Watches keep no process alive; the test's runner should not end while it waits.
  const alive = setInterval(() => undefined, 1000);
  await called.promise.finally(() => clearInterval(alive));
  watching.dispose();
}

test("tells of a file that is written", async () => {
  writeFileSync(at("a"), "1");
  await expectCall([at("a"), at("b")], () => writeFileSync(at("a"), "longer"));
});

test("tells of a file that may be read by others than before", async () => {
  writeFileSync(at("a"), "1");
  await expectCall([at("a")], () => chmodSync(at("a"), 0o600));
});

test("tells of a file that is replaced by a rename", async () => {
  writeFileSync(at("a"), "1");
  await expectCall([at("a")], () => {
    writeFileSync(at("a.tmp"), "2");
    renameSync(at("a.tmp"), at("a"));
  });
});

test("tells of a file that goes", async () => {
  writeFileSync(at("a"), "1");
  await expectCall([at("a")], () => unlinkSync(at("a")));
});

test("tells of a file that comes, with the folders it stands in", async () => {
  await expectCall([at("x", "y", "a")], () => {
    mkdirSync(at("x", "y"), { recursive: true });
    writeFileSync(at("x", "y", "a"), "1");
  });
});

test("tells of a change behind a symbolic link", { skip: process.platform === "win32" }, async () => {
  mkdirSync(at("real"));
  writeFileSync(at("real", "a"), "1");
  symlinkSync(at("real", "a"), at("link"));
  await expectCall([at("link")], () => writeFileSync(at("real", "a"), "longer"));
});

test("tells of an entry of a folder that comes, changes or goes", async () => {
  mkdirSync(at("store"));
  await expectCall([at("store")], () => writeFileSync(at("store", "a"), "1"));
  await expectCall([at("store")], () => writeFileSync(at("store", "a"), "longer"));
  await expectCall([at("store")], () => unlinkSync(at("store", "a")));
});

test("goes on with a folder that was replaced as a whole", async () => {
  mkdirSync(at("store"));
  await expectCall([at("store")], () => {
    mkdirSync(at("new"));
    writeFileSync(at("new", "a"), "1");
    rmSync(at("store"), { recursive: true });
    renameSync(at("new"), at("store"));
  });
  const calls: (() => void)[] = [];
  const next = (): Promise<void> => new Promise((resolve) => calls.push(resolve));
  const watching = onDidChangeFiles([at("store")], () => calls.shift()?.());
  const alive = setInterval(() => undefined, 1000);
  const replaced = next();
  renameSync(at("store"), at("old"));
  mkdirSync(at("store"));
  await replaced;
  const written = next();
  writeFileSync(at("store", "b"), "1");
  await written;
  clearInterval(alive);
  watching.dispose();
});

test("says nothing of other files, and nothing after its end", async () => {
  writeFileSync(at("a"), "1");
  let calls = 0;
  const watching = onDidChangeFiles([at("a")], () => (calls += 1));
  const ended = onDidChangeFiles([at("a")], () => assert.fail("called after its end"));
  ended.dispose();
  // A second watch on both files tells when the events have come through.
  await expectCall([at("other")], () => writeFileSync(at("other"), "1"));
  assert.equal(calls, 0);
  watching.dispose();
});
