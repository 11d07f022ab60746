import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { BuildArchive } from "../../../src/core/build/archive.ts";
import { Builds } from "../../../src/core/build/builds.ts";
import type { BuildRecord } from "../../../src/core/build/pastBuild.ts";
import { processMark } from "../../../src/core/processes.ts";
import { fakeBuildx } from "../buildx/fakeBuildx.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "archive-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const time = "2026-11-23T10:00:00Z";
const vertex = { digest: "sha256:1", name: "[linux/arm64 2/2] RUN make a-secret", started: time };
const line = (message: object): string => `${JSON.stringify(message)}\n`;
const begun =
  line({ vertexes: [vertex] }) +
  line({ logs: [{ vertex: "sha256:1", stream: 1, data: btoa("a-secret\n"), timestamp: time }] });

const failed =
  line({ vertexes: [{ ...vertex, completed: time, error: "process did not complete: exit code: 2" }] }) +
  "buildx speaks of a-secret\n";

const options = {
  request: {
    dockerfile: "/w/Dockerfile",
    buildContext: "/w",
    builder: "kube",
    platforms: ["linux/amd64", "linux/arm64"],
    output: { kind: "none" },
  },
  builder: { name: "kube", driver: "docker-container", isCurrent: false, nodes: [] },
  labels: { dockerfile: "Dockerfile", output: "" },
} as const;

const fail = (error: unknown): never => assert.fail(String(error));

/** Lets a build run to its end, or until it hangs; then closes its window and opens the next one. */
async function nextWindow(...acts: readonly (readonly unknown[])[]): Promise<Builds> {
  const builds = new Builds(fail, folder);
  const run = builds.start(fakeBuildx(acts), options);
  const begins = new Promise<void>((resolve) => {
    run.onDidChange(() => {
      if (run.snapshot().rows.some(({ cells }) => cells.some((cell) => cell?.hasLog))) resolve();
    });
  });
  await (acts.some(([act]) => act === "hang") ? begins : run.ended);
  await builds.interruptAll();
  const next = new Builds(fail, folder);
  await next.remember();
  return next;
}

describe("a build of an earlier window", () => {
  it("is there also when its first saving failed", async () => {
    const blocked = path.join(folder, "builds");
    writeFileSync(blocked, "");
    const builds = new Builds(fail, blocked);
    const run = builds.start(fakeBuildx([["print", begun], ["hang"]]), options);
    await new Promise<void>((resolve) => {
      run.onDidChange(() => run.snapshot().rows.length > 0 && resolve());
    });
    rmSync(blocked);
    await builds.interruptAll();
    const next = new Builds(fail, blocked);
    await next.remember();
    assert.equal(next.shown.length, 1);
  });

  it("is there with its times, without its output", async () => {
    const [build] = (await nextWindow(["print", begun + failed], ["exit", 1])).shown;
    assert.equal(build?.summary().head.failure?.exitCode, 2);
    const { head, rows } = build?.snapshot() ?? assert.fail();
    assert.equal(head.isRemembered, true);
    assert.deepEqual([rows[0]?.instruction, rows[0]?.text], ["RUN", ""]);
    assert.equal(rows[0]?.cells[1]?.hasLog, false);
    assert.equal(build?.log("sha256:1").text, "");
    for (const file of readdirSync(folder))
      assert.doesNotMatch(readFileSync(path.join(folder, file), "utf8"), new RegExp(`a-secret|${btoa("a-secret")}`));
  });

  it("is called interrupted when it was closed in the middle", async () => {
    const [build] = (await nextWindow(["print", begun], ["hang"])).shown;
    const { head } = build?.summary() ?? assert.fail();
    assert.deepEqual([head.state, head.isInterrupted], ["canceled", true]);
  });

  it("is called interrupted when its process was killed", async () => {
    await nextWindow(["print", begun], ["hang"]);
    const file = path.join(folder, readdirSync(folder)[0] ?? "");
    const record = JSON.parse(readFileSync(file, "utf8")) as BuildRecord;
    const { head, rows } = record.snapshot;
    const running = { ...head, state: "running", isInterrupted: undefined, endedMs: undefined };
    const cells = [
      null,
      { stepId: "sha256:1", state: "running", durationMs: 0, runningSinceMs: record.savedMs - 5_000 },
    ];
    const owner = `${spawnSync(process.execPath, ["--version"]).pid}:1`;
    const killed = { ...record, owner, snapshot: { ...record.snapshot, head: running, rows: [{ ...rows[0], cells }] } };
    writeFileSync(file, JSON.stringify(killed));
    const [build] = (await new BuildArchive(folder, 5).load()).builds;
    const snapshot = build?.snapshot() ?? assert.fail();
    assert.deepEqual([snapshot.head.state, snapshot.head.isInterrupted], ["canceled", true]);
    assert.equal(snapshot.rows[0]?.cells[1]?.state, "canceled");
    assert.equal(snapshot.rows[0]?.cells[1]?.durationMs, 5_000);
    // A process of the same number, perhaps our own, that has begun at another time.
    writeFileSync(file, JSON.stringify({ ...killed, owner: `${process.pid}:1` }));
    assert.equal((await new BuildArchive(folder, 5).load()).builds.length, 1);
  });

  it("comes when another window that has it has ended, and not before", async () => {
    await nextWindow(["print", begun], ["hang"]);
    const file = path.join(folder, readdirSync(folder)[0] ?? "");
    const record = JSON.parse(readFileSync(file, "utf8")) as BuildRecord;
    const other = spawn("sleep", ["60"]);
    writeFileSync(file, JSON.stringify({ ...record, owner: processMark(other.pid) }));
    const builds = new Builds(fail, folder);
    await builds.remember();
    assert.deepEqual(builds.shown, []);
    const found = builds.findLater(record.snapshot.head.id);
    other.kill();
    assert.equal((await found)?.id, record.snapshot.head.id);
    assert.equal(await builds.findLater("unknown"), undefined);
    builds.dispose();
  });

  it("is forgotten when that is asked for, also on disk, and one that runs is not", async () => {
    for (let index = 0; index < 22; index += 1) await nextWindow(["exit", 0]);
    const builds = await nextWindow(["print", begun], ["exit", 0]);
    const ended = builds.start(fakeBuildx([["exit", 0]]), options);
    await ended.ended;
    const running = builds.start(fakeBuildx([["hang"]]), options);
    await builds.forget();
    assert.deepEqual(builds.shown, [running]);
    await builds.interruptAll();
    assert.deepEqual(readdirSync(folder), [`${running.id}.json`]);
  });

  it("is forgotten when it is one of too many, or its file is damaged", async () => {
    await nextWindow(["print", begun], ["exit", 0]);
    await nextWindow(["print", begun], ["exit", 0]);
    writeFileSync(path.join(folder, "damaged.json"), "{");
    const [newest, ...others] = (await new BuildArchive(folder, 1).load()).builds;
    assert.equal(others.length, 0);
    assert.deepEqual(readdirSync(folder).toSorted(), ["damaged.json", `${newest?.id}.json`].toSorted());
  });
});
