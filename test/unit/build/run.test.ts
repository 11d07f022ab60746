import assert from "node:assert/strict";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { Builds } from "../../../src/core/build/builds.ts";
import { BuildRun } from "../../../src/core/build/run.ts";
import { BuildxCli } from "../../../src/core/buildx/cli.ts";
import { UserError } from "../../../src/core/errors.ts";
import { fakeBuildx } from "../buildx/fakeBuildx.ts";
import {
  time,
  stepName,
  progress,
  stepRuns,
  stepIsDone,
  log,
  kubernetesBuilder,
  runningPod,
  followed,
  request,
  options,
  changeOf,
} from "./runs.ts";

function metadataFileOf(run: BuildRun): string {
  return run.args.find((arg) => arg.startsWith("--metadata-file="))?.replace(/^[^=]*=/, "") ?? "";
}

describe("BuildRun", () => {
  it("shows a build while it runs and when it is done", async () => {
    const run = new BuildRun(
      fakeBuildx([
        ["print", stepRuns],
        ["print", log],
        ["print", stepIsDone],
      ]),
      options(),
    );
    const running = changeOf(run, () => run.snapshot().rows.length === 1);
    const ended = run.start();
    await running;
    assert.equal(run.state, "running");
    await ended;
    const { head, rows } = run.snapshot();
    assert.equal(head.state, "done");
    assert.ok(head.endedMs !== undefined && head.endedMs >= head.startedMs);
    assert.deepEqual(
      rows.map(({ text, cells }) => [text, cells.map((cell) => cell?.state)]),
      [["make", [undefined, "done"]]],
    );
    assert.equal(run.log("sha256:1").text, "hello\n");
    assert.equal(run.output(), `${stepName}\n── done 2.00 s\nhello\n\n`);
    assert.ok(run.hasEnded);
    await run.ended;
  });

  it("gives buildx the builder's kubeconfig and the arguments of the request", async () => {
    const kubeconfig = join(mkdtempSync(join(tmpdir(), "run-")), "kubeconfig");
    writeFileSync(kubeconfig, "");
    const cli = fakeBuildx([["printEnv", "KUBECONFIG"]], { env: { KUBECONFIG: "/another" } });
    const run = new BuildRun(cli, options({ builder: kubernetesBuilder(kubeconfig) }));
    let args: readonly string[] = [];
    cli.onDidStart((all) => (args = all));
    await run.start();
    assert.deepEqual(args.slice(2), run.args);
    assert.deepEqual(run.snapshot().head.messages, [kubeconfig]);
  });

  it("asks no builder for what cannot be built", async () => {
    const cli = fakeBuildx([]);
    let starts = 0;
    cli.onDidStart(() => (starts += 1));
    const check = async () => ({ kind: "missingFile", subject: "nothere.txt", line: 3 }) as const;
    const run = new BuildRun(cli, options({ check }));
    await run.start();
    const { state, failure } = run.snapshot().head;
    assert.deepEqual([state, starts], ["failed", 0]);
    assert.equal(failure?.what, "nothere.txt is not in the build context.");
    assert.equal(failure?.message, "The build context is /w. Nothing was sent to the builder.");
    assert.deepEqual([failure?.file, failure?.line], ["Dockerfile", 3]);
  });

  it("does not build on whatever cluster is at hand when the builder's kubeconfig is gone", async () => {
    const cli = fakeBuildx([]);
    cli.onDidStart(() => assert.fail("buildx was started"));
    const run = new BuildRun(cli, options({ builder: kubernetesBuilder("/gone/kubeconfig") }));
    await run.start();
    assert.equal(run.state, "failed");
    assert.match(run.snapshot().head.failure?.what ?? "", /belongs to a kubeconfig that is gone: \/gone\/kubeconfig/);
  });

  it("tells the digest of what was pushed, and leaves no file behind", async () => {
    const cli = fakeBuildx([["writeMetadata", { "containerimage.digest": "sha256:abc" }]]);
    const output = { kind: "push", reference: "registry.example.com/app:1" } as const;
    const run = new BuildRun(cli, options({ request: { ...request, output } }));
    assert.equal(run.snapshot().head.pushed, undefined);
    await run.start();
    assert.equal(run.snapshot().head.pushed, "registry.example.com/app:1@sha256:abc");
    assert.ok(!existsSync(dirname(metadataFileOf(run))));
  });

  it("makes a failed build a result", async () => {
    const failed = progress({
      digest: "sha256:1",
      name: stepName,
      started: time,
      completed: time,
      error: "exit code: 2",
    });
    const acts = [
      ["print", stepRuns],
      ["print", failed],
      ["print", "ERROR: failed to build: exit code: 2\n"],
      ["exit", 1],
    ];
    const run = new BuildRun(fakeBuildx(acts), options());
    await run.start();
    const { head } = run.snapshot();
    assert.equal(head.state, "failed");
    assert.equal(head.failure?.platform, "linux/arm64");
  });

  it("makes a buildx that cannot be started a failed build", async () => {
    const run = new BuildRun(new BuildxCli(["/nowhere/docker-buildx"], {}), options());
    await run.start();
    assert.equal(run.state, "failed");
    assert.match(run.snapshot().head.failure?.what ?? "", /could not be started/);
  });

  it("says so when something else has ended buildx", async () => {
    const run = new BuildRun(fakeBuildx([["print", stepRuns], ["killSelf"]]), options());
    await run.start();
    assert.equal(run.state, "failed");
    assert.equal(run.snapshot().head.failure?.what, "buildx was ended by SIGKILL.");
  });

  for (const exitCode of [1, 130]) {
    it(`is canceled when it was asked to be, also with exit code ${exitCode}`, async () => {
      const run = new BuildRun(fakeBuildx([["onInterrupt", exitCode], ["print", stepRuns], ["hang"]]), options());
      const running = changeOf(run, () => run.snapshot().rows.length === 1);
      const ended = run.start();
      await running;
      run.cancel();
      run.cancel();
      assert.equal(run.state, "canceling");
      await ended;
      const { head, rows } = run.snapshot();
      assert.equal(head.state, "canceled");
      assert.equal(head.failure, undefined);
      assert.equal(rows[0]?.cells[1]?.state, "canceled");
    });
  }

  it("is canceled when buildx ignores it and has to be killed", async () => {
    const acts = [["onInterrupt", "ignore"], ["print", stepRuns], ["hang"]];
    const run = new BuildRun(fakeBuildx(acts, { graceMs: 50 }), options());
    const running = changeOf(run, () => run.snapshot().rows.length === 1);
    const ended = run.start();
    await running;
    run.cancel();
    await ended;
    assert.equal(run.state, "canceled");
    assert.ok(!existsSync(dirname(metadataFileOf(run))));
  });

  it("is done when it had finished before the cancellation reached it", async () => {
    const run = new BuildRun(fakeBuildx([["onInterrupt", 0], ["print", stepRuns], ["hang"]]), options());
    const running = changeOf(run, () => run.snapshot().rows.length === 1);
    const ended = run.start();
    await running;
    run.cancel();
    await ended;
    assert.equal(run.state, "done");
  });

  it("gives each change once", async () => {
    const run = new BuildRun(fakeBuildx([["print", stepRuns]]), options());
    assert.equal(run.takeChanges()?.head?.state, "running");
    assert.equal(run.takeChanges(), undefined);
    run.observe(followed(runningPod("kube-arm64-a", "kube-arm64")));
    const update = run.takeChanges();
    assert.equal(update?.head?.cluster, "prod");
    assert.equal(update?.lanes?.[1]?.placement?.pod, "kube-arm64-a");
    await run.start();
    const last = run.takeChanges();
    assert.equal(last?.head?.state, "done");
    assert.equal(last?.rows?.length, 1);
    assert.equal(last?.lanes?.[1]?.placement?.pod, "kube-arm64-a");
  });

  it("refuses what buildx cannot be given before anything starts", () => {
    assert.throws(() => new BuildRun(fakeBuildx([]), options({ request: { ...request, platforms: [] } })), UserError);
  });

  it("refuses to push from several nodes with the buildx that breaks the tag", () => {
    const push = { ...request, output: { kind: "push", reference: "registry.example.com/app:1" } } as const;
    const withVersion = (release: string): BuildxCli =>
      new BuildxCli(["docker-buildx"], {}, { version: { text: `v${release}`, release } });
    assert.throws(() => new BuildRun(withVersion("0.37.0"), options({ request: push })), /v0\.37\.0 pushes .* wrongly/);
    assert.ok(new BuildRun(withVersion("0.37.2"), options({ request: push })));
    assert.ok(new BuildRun(withVersion("0.37.0"), options({ request: { ...push, platforms: ["linux/arm64"] } })));
  });
});

describe("Builds", () => {
  it("remembers the last 20 that have ended, the newest first, and all that run", async () => {
    const builds = new Builds((error) => assert.fail(String(error)));
    const hanging = builds.start(fakeBuildx([["hang"]]), options());
    const ended = [];
    for (let count = 0; count < 21; count++) {
      const run = builds.start(new BuildxCli(["/nowhere/docker-buildx"], {}), options());
      ended.push(run);
      await run.ended;
    }
    await new Promise(setImmediate);
    assert.deepEqual(builds.runs, [...ended.slice(1).toReversed(), hanging]);
    assert.equal(builds.find(hanging.id), hanging);
    await builds.interruptAll();
    assert.equal(hanging.state, "canceled");
  });

  it("tells when a build has started and when it has ended", async () => {
    const builds = new Builds((error) => assert.fail(String(error)));
    const seen: string[] = [];
    builds.onDidChangeList(() => seen.push(builds.runs.map((one) => one.state).join()));
    const run = builds.start(fakeBuildx([["print", stepRuns]]), options());
    await run.ended;
    await new Promise(setImmediate);
    assert.deepEqual(seen, ["running", "done"]);
    builds.dispose();
  });
});
