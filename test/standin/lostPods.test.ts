import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { BuildRun } from "../../src/core/build/run.ts";
import { createBuilder } from "../../src/core/builder/create.ts";
import type { BuilderDeps } from "../../src/core/builder/deps.ts";
import { followBuilder } from "../../src/core/builder/follow.ts";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { findBuildx } from "../../src/core/buildx/find.ts";
import { readBuilders } from "../../src/core/buildx/store.ts";
import { ClusterConnections } from "../../src/core/cluster/cluster.ts";
import { binDir, labEnv, packageDir } from "../cluster/paths.ts";
import { buildkitBlocker } from "./buildkitProcess.ts";
import { Standin } from "./standin.ts";

// What a real cluster cannot be made to do on demand: to run out of memory, to evict a pod, to lose a machine.

const busybox = path.join(packageDir, "busybox-static/bin/busybox");
const missing = existsSync(busybox) ? undefined : "the lab is not built yet";
const blocker = process.env["CI"] ? undefined : (buildkitBlocker() ?? missing);
const longestMs = 10_000;

describe("a build whose pod is lost", { skip: blocker ?? false }, () => {
  let standin: Standin;
  let deps: BuilderDeps;
  let builder: Builder;
  const dir = mkdtempSync(path.join(tmpdir(), "lost-pods-"));

  before(async () => {
    standin = await Standin.start({ podMode: "buildkit" });
    const env = { ...labEnv(), KUBECONFIG: standin.kubeconfig, BUILDX_CONFIG: path.join(dir, "buildx") };
    const { cli } = await findBuildx({ path: path.join(binDir, "docker-buildx"), env });
    deps = { cli, env, connections: new ClusterConnections(env), kubeconfigFolder: path.join(dir, "kubeconfigs") };
    const wish = { name: "lost", cluster: {}, namespace: "default", architectures: ["amd64"], replicas: 1 };
    await createBuilder(wish, deps, { signal: new AbortController().signal, onProgress: () => undefined });
    builder = (await readBuilders(env)).find(({ name }) => name === "lost") ?? assert.fail("there is no builder");
    mkdirSync(path.join(dir, "context"));
    copyFileSync(busybox, path.join(dir, "context/busybox"));
    const lines = ["FROM scratch", "COPY busybox /bin/busybox", 'RUN ["/bin/busybox", "sleep", "600"]', ""];
    writeFileSync(path.join(dir, "context/Dockerfile"), lines.join("\n"));
  });

  after(async () => {
    deps.connections.dispose();
    deps.cli.dispose();
    await standin?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const losses: readonly (readonly [name: string, lose: (pod: string) => void, what: RegExp, advice: RegExp])[] = [
    [
      "runs out of memory",
      (pod) => standin.pods.kill("default", pod, { exitCode: 137, reason: "OOMKilled" }),
      /^BuildKit in the builder pod lost-amd64-\S+ has ended: out of memory \(OOMKilled\)\.$/,
      /limits\.memory/,
    ],
    [
      "is evicted",
      (pod) => standin.pods.evict("default", pod),
      /^The builder pod lost-amd64-\S+ has ended: evicted: the node was low on resource: memory\.*$/,
      /Build again/,
    ],
    [
      "is on a machine that is gone",
      () => standin.clusterNodes.lose("node-amd64"),
      /^Nothing is heard of the builder pod lost-amd64-\S+: its node node-amd64 has stopped reporting\.$/,
      /Build again/,
    ],
  ];
  for (const [name, lose, what, advice] of losses)
    test(`says so when it ${name}`, async () => {
      const run = newBuild();
      const following = followBuilder(builder, deps.connections, deps.env, (followed) => run.observe(followed));
      const ended = run.start();
      const pod = await runsOn(run);
      const lostMs = performance.now();
      lose(pod);
      await ended;
      following.dispose();
      const tookMs = Math.round(performance.now() - lostMs);
      assert.ok(tookMs < longestMs, `it took ${tookMs} ms`);
      const { head } = run.snapshot();
      assert.equal(head.state, "failed");
      assert.match(head.failure?.what ?? "", what);
      assert.match(head.failure?.advice ?? "", advice);
    });

  function newBuild(): BuildRun {
    const buildContext = path.join(dir, "context");
    return new BuildRun(deps.cli, {
      request: {
        dockerfile: path.join(buildContext, "Dockerfile"),
        buildContext,
        builder: builder.name,
        platforms: ["linux/amd64"],
        output: { kind: "none" },
        noCache: true,
      },
      builder,
      labels: { dockerfile: "Dockerfile", output: "" },
    });
  }

  /** Waits until the step runs. @returns the pod it runs in */
  async function runsOn(run: BuildRun): Promise<string> {
    return new Promise((resolve, reject) => {
      run.onDidChange(() => {
        const { head, rows, lanes } = run.snapshot();
        if (run.hasEnded) reject(new Error(`The build has ended: ${JSON.stringify(head.failure)} ${run.output()}`));
        const pod = lanes[0]?.placement?.pod;
        const isAtWork = rows.some(({ text, cells }) => text.includes("sleep") && cells[0]?.state === "running");
        if (isAtWork && pod !== undefined) resolve(pod);
      });
    });
  }
});
