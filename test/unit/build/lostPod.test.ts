import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { BuildRun } from "../../../src/core/build/run.ts";
import type { Pod } from "../../../src/core/cluster/objects.ts";
import { fakeBuildx } from "../buildx/fakeBuildx.ts";
import { stepRuns, stepIsDone, runningPod, followed, followedInSilence, options, changeOf } from "./runs.ts";

/** A build at a step that never ends, whose buildx ignores interrupts. Time stands still from now on. */
async function hanging(context: TestContext): Promise<{ readonly run: BuildRun; readonly ended: Promise<void> }> {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const run = new BuildRun(fakeBuildx([["onInterrupt", "ignore"], ["print", stepRuns], ["hang"]]), options());
  const running = changeOf(run, () => run.snapshot().rows.length === 1);
  const ended = run.start();
  await running;
  return { run, ended };
}

describe("a build whose pod is lost", () => {
  const amd = runningPod("kube-amd64-a", "kube-amd64");
  const arm = runningPod("kube-arm64-a", "kube-arm64");
  const losses: readonly (readonly [name: string, pods: readonly Pod[], what: RegExp])[] = [
    ["is deleted", [amd], /^The builder pod kube-arm64-a was deleted\.$/],
    [
      "is evicted",
      [amd, { ...arm, phase: "Failed", state: { kind: "dead", text: "evicted: the node was low on memory" } }],
      /^The builder pod kube-arm64-a has ended: evicted: the node was low on memory\.$/,
    ],
    [
      "runs out of memory",
      [amd, { ...arm, restarts: 1, lastEnd: { text: "out of memory (OOMKilled)", isOutOfMemory: true, endedMs: 1 } }],
      /^BuildKit in the builder pod kube-arm64-a has ended: out of memory \(OOMKilled\)\.$/,
    ],
    [
      "crashes again, as far as one can see before it is started again",
      [
        amd,
        {
          ...arm,
          restarts: 0,
          state: { kind: "stuck", text: "keeps crashing (3 restarts), last: killed (exit code 137)" },
          lastEnd: { text: "killed (exit code 137)", isOutOfMemory: false, endedMs: 2 },
        },
      ],
      /^BuildKit in the builder pod kube-arm64-a has ended: killed \(exit code 137\)\.$/,
    ],
  ];
  for (const [name, pods, what] of losses)
    it(`fails within seconds when it ${name}, though buildx would go on for ever`, async (context) => {
      const { run, ended } = await hanging(context);
      run.observe(followed(amd, arm));
      run.observe(followed(...pods));
      context.mock.timers.tick(2_000);
      context.mock.timers.tick(2_000);
      await ended;
      const { head, lanes } = run.snapshot();
      assert.equal(head.state, "failed");
      assert.match(head.failure?.what ?? "", what);
      assert.equal(head.failure?.platform, "linux/arm64");
      assert.equal(lanes.find(({ platform }) => platform === "linux/arm64")?.state, "failed");
    });

  it("fails also when another pod has taken the place of one that still ends", async (context) => {
    const { run, ended } = await hanging(context);
    const ending: Pod = { ...arm, state: { kind: "terminating", text: "being deleted" } };
    run.observe(followed(amd, arm));
    run.observe(followed(amd, ending));
    run.observe(followed(amd, ending, runningPod("kube-arm64-b", "kube-arm64")));
    context.mock.timers.tick(5_000);
    run.observe(followed(amd, runningPod("kube-arm64-b", "kube-arm64")));
    context.mock.timers.tick(2_000);
    await ended;
    assert.equal(run.snapshot().head.failure?.what, "The builder pod kube-arm64-a was deleted.");
  });

  it("is built when buildx ended well all the same", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const acts = [["onInterrupt", 0], ["print", stepRuns], ["print", stepIsDone], ["hang"]];
    const run = new BuildRun(fakeBuildx(acts), options());
    const finished = changeOf(run, () => run.snapshot().rows[0]?.cells.some((cell) => cell?.state === "done") === true);
    const ended = run.start();
    await finished;
    run.observe(followed(amd, arm));
    run.observe(followed(amd));
    context.mock.timers.tick(2_000);
    await ended;
    const { head, lanes } = run.snapshot();
    assert.equal(head.state, "done");
    assert.ok(lanes.every(({ state }) => state !== "failed"));
  });

  it("goes on when a container beside BuildKit crashes", async () => {
    const run = new BuildRun(
      fakeBuildx([
        ["print", stepRuns],
        ["print", stepIsDone],
      ]),
      options(),
    );
    run.observe(followed(amd, arm));
    const state = { kind: "stuck", text: "keeps crashing (1 restart)", container: "istio-proxy" } as const;
    run.observe(followed(amd, { ...arm, state }));
    await run.start();
    assert.equal(run.state, "done");
  });

  it("goes on when one of several replicas goes, for it may be on another", async () => {
    const run = new BuildRun(
      fakeBuildx([
        ["print", stepRuns],
        ["print", stepIsDone],
      ]),
      options(),
    );
    run.observe(followed(arm, runningPod("kube-arm64-b", "kube-arm64")));
    run.observe(followed(arm));
    await run.start();
    assert.equal(run.state, "done");
  });

  it("fails with the true cause when its builder is scaled to 0, for nobody scales it up", async (context) => {
    const { run, ended } = await hanging(context);
    const { status, view } = followed(amd);
    assert.ok(status.kind === "kubernetes");
    const scaled = { kind: "Deployment", name: "kube-arm64", namespace: "build", uid: "1", replicas: 0 } as const;
    const workloads = {
      status: { kind: "live" },
      items: [{ ...scaled, readyReplicas: 0, madeReplicas: 0, wasReady: true, platforms: [] }],
    } as const;
    run.observe({ status: { kind: "kubernetes", cluster: { ...status.cluster, workloads } }, view });
    context.mock.timers.tick(2_000);
    context.mock.timers.tick(2_000);
    await ended;
    const { failure } = run.snapshot().head;
    assert.equal(failure?.what, "The builder node kube-arm64 is scaled to 0: it has no pods.");
    assert.match(failure?.advice ?? "", /kubectl scale deployment\/kube-arm64 --replicas=1 --namespace=build$/);
    assert.equal(failure?.platform, "linux/arm64");
  });

  it("fails with the true cause when its builder is removed", async () => {
    const run = new BuildRun(fakeBuildx([["print", stepRuns], ["hang"]]), options());
    const running = changeOf(run, () => run.snapshot().rows.length === 1);
    const ended = run.start();
    await running;
    run.loseBuilder();
    await ended;
    assert.equal(run.snapshot().head.failure?.what, "The builder “kube” was removed.");
    assert.equal(run.snapshot().head.failure?.advice, "Build with another builder.");
  });

  it("goes on when its pod is replaced before it has begun there, as when a builder starts", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const run = new BuildRun(
      fakeBuildx([
        ["print", stepRuns],
        ["print", stepIsDone],
      ]),
      options(),
    );
    run.observe(followed(amd, arm));
    run.observe(followed(amd, { ...arm, state: { kind: "terminating", text: "being deleted" } }));
    context.mock.timers.tick(20_000);
    run.observe(followed(amd, runningPod("kube-arm64-b", "kube-arm64")));
    await run.start();
    assert.equal(run.state, "done");
  });

  it("fails when it begins on a pod that is ending, though the cluster tells nothing more", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const run = new BuildRun(fakeBuildx([["onInterrupt", "ignore"], ["print", stepRuns], ["hang"]]), options());
    run.observe(followed(amd, arm));
    run.observe(followed(amd, { ...arm, state: { kind: "terminating", text: "being deleted" } }));
    const running = changeOf(run, () => run.snapshot().rows.length === 1);
    const ended = run.start();
    await running;
    context.mock.timers.tick(5_000);
    context.mock.timers.tick(2_000);
    await ended;
    assert.equal(run.snapshot().head.failure?.what, "The builder pod kube-arm64-a was deleted.");
  });

  it("goes on when another pod is there already as the loss of the first is seen: it may be on that", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const run = new BuildRun(fakeBuildx([["onInterrupt", "ignore"], ["print", stepRuns], ["hang"]]), options());
    const running = changeOf(run, () => run.snapshot().rows.length === 1);
    const ended = run.start();
    run.observe(followed(amd, arm));
    await running;
    run.observe(followed(amd, runningPod("kube-arm64-b", "kube-arm64")));
    context.mock.timers.tick(60_000);
    run.cancel();
    context.mock.timers.tick(10_000);
    await ended;
    assert.equal(run.state, "canceled");
  });

  it("goes on where it has begun when the kubeconfig means another namespace meanwhile", async (context) => {
    const { run, ended } = await hanging(context);
    run.observe(followed(amd, arm));
    const elsewhere = followed();
    assert.ok(elsewhere.status.kind === "kubernetes");
    const cluster = { ...elsewhere.status.cluster, namespace: "other" };
    run.observe({ ...elsewhere, status: { kind: "kubernetes", cluster } });
    context.mock.timers.tick(10_000);
    assert.equal(run.state, "running");
    assert.equal(run.snapshot().head.namespace, "build");
    run.cancel();
    context.mock.timers.tick(10_000);
    await ended;
  });

  it("goes on when its pod is in the pause between two crashes at the beginning, for buildx waits for it", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const run = new BuildRun(fakeBuildx([["onInterrupt", "ignore"], ["print", stepRuns], ["hang"]]), options());
    const state = { kind: "stuck", text: "keeps crashing (2 restarts)" } as const;
    run.observe(followed(amd, { ...arm, restarts: 2, state }));
    run.observe(followed(amd, { ...arm, restarts: 3 }));
    const running = changeOf(run, () => run.snapshot().rows.length === 1);
    const ended = run.start();
    await running;
    context.mock.timers.tick(10_000);
    run.cancel();
    context.mock.timers.tick(10_000);
    await ended;
    assert.equal(run.state, "canceled");
  });

  /** Runs a build that hangs on one of two replicas, of which first one goes. */
  async function onTwo(
    context: TestContext,
    release: string,
    then: (run: BuildRun, tick: (ms: number) => void) => void,
  ): Promise<BuildRun> {
    context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const acts = [["onInterrupt", "ignore"], ["print", stepRuns], ["hang"]];
    const run = new BuildRun(fakeBuildx(acts, { version: { text: release, release } }), options());
    const running = changeOf(run, () => run.snapshot().rows.length === 1);
    const ended = run.start();
    await running;
    run.observe(followed(amd, arm, runningPod("kube-arm64-b", "kube-arm64")));
    run.observe(followed(amd, arm));
    then(run, (ms) => context.mock.timers.tick(ms));
    if (run.state === "running") run.cancel();
    context.mock.timers.tick(10_000);
    await ended;
    return run;
  }

  it("fails when all of several replicas have gone", async (context) => {
    const run = await onTwo(context, "0.38.2", (one, tick) => {
      one.observe(followed(amd));
      tick(2_000);
    });
    assert.match(run.snapshot().head.failure?.what ?? "", /^The builder pod kube-arm64-. was deleted\.$/);
  });

  it("fails when one of several has gone and nothing more is heard, where buildx would hang", async (context) => {
    const run = await onTwo(context, "0.29.1", (one, tick) => {
      assert.equal(one.snapshot().head.waitingFor, undefined);
      tick(5_000);
      assert.equal(one.snapshot().head.waitingFor, "The builder pod kube-arm64-b was deleted. The build may be lost.");
      tick(175_000);
    });
    const { failure } = run.snapshot().head;
    assert.equal(failure?.what, "The builder pod kube-arm64-b was deleted.");
    assert.match(failure?.advice ?? "", /^It may have been built there: nothing has been heard/);
  });

  it("goes on then where buildx would end by itself", async (context) => {
    const run = await onTwo(context, "0.36.0", (_one, tick) => tick(600_000));
    assert.equal(run.state, "canceled");
  });

  it("tells the cluster's cause when buildx has lost the connection", async () => {
    const lost = "ERROR: failed to build: failed to receive status: rpc error: code = Unavailable desc = EOF\n";
    const acts = [
      ["print", stepRuns],
      ["print", lost],
      ["exit", 1],
    ];
    const run = new BuildRun(fakeBuildx(acts), options());
    run.observe(followed(arm, runningPod("kube-arm64-b", "kube-arm64")));
    const ended = run.start();
    run.observe(followed(runningPod("kube-arm64-b", "kube-arm64")));
    await ended;
    assert.equal(run.snapshot().head.failure?.what, "The builder pod kube-arm64-a was deleted.");
  });

  describe("that goes without a word, with the whole cluster", () => {
    const silent = followedInSilence(amd, arm);
    /** What is left of the build some time after the cluster fell silent. */
    async function afterSilence(
      context: TestContext,
      happen: (run: BuildRun, tick: (ms: number) => void) => void,
      acts: Parameters<typeof fakeBuildx>[0] = [["onInterrupt", "ignore"], ["print", stepRuns], ["hang"]],
    ): Promise<BuildRun> {
      context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
      const run = new BuildRun(fakeBuildx(acts), options());
      const running = changeOf(run, () => run.snapshot().rows.length === 1);
      const ended = run.start();
      await running;
      run.observe(followed(amd, arm));
      run.observe(silent);
      assert.equal(run.snapshot().head.waitingFor, "the cluster does not answer");
      happen(run, (ms) => context.mock.timers.tick(ms));
      if (run.state === "running") run.cancel();
      context.mock.timers.tick(10_000);
      await ended;
      return run;
    }

    it("fails when it stays silent", async (context) => {
      const run = await afterSilence(context, (_run, tick) => {
        tick(5_000);
        tick(40_000);
        tick(2_000);
      });
      const { failure } = run.snapshot().head;
      assert.equal(failure?.what, "The connection to the builder was lost.");
      assert.match(failure?.advice ?? "", /^It has not answered\. Build again/);
    });

    it("goes on when it answers again", async (context) => {
      const run = await afterSilence(context, (one, tick) => {
        tick(44_000);
        one.observe(followed(amd, arm));
        tick(60_000);
        assert.equal(one.state, "running");
        assert.equal(one.snapshot().head.waitingFor, undefined);
      });
      assert.equal(run.state, "canceled");
    });
  });
});
