import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { BuildRun } from "../../src/core/build/run.ts";
import { placementsOf } from "../../src/core/build/placement.ts";
import type { CreateProgress } from "../../src/core/builder/create.ts";
import { ClusterOutOfReach } from "../../src/core/builder/remove.ts";
import { type FollowedBuilder, followBuilder } from "../../src/core/builder/follow.ts";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { firstOf } from "../../src/core/cluster/first.ts";
import { UserError } from "../../src/core/errors.ts";
import { labBlockers } from "./blockers.ts";
import { deleteNamespace, LabBuilders, objectsOf, reached } from "./labBuilders.ts";
import { labNodes } from "./nodes.ts";
import { kubeconfigPath, labRegistry } from "./paths.ts";
import { kubectl } from "./processes.ts";

const dockerfile = `
FROM ${labRegistry}/base:1 AS build
RUN uname -m > /machine
FROM scratch
COPY --from=build /machine /
`;
const machines: Readonly<Record<string, string>> = { amd64: "x86_64", arm64: "aarch64" };

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env["CI"] ? [] : labBlockers();

describe("builders on the lab", { skip: blockers.join("; ") || false }, () => {
  const lab = new LabBuilders();
  before(() => lab.up());
  after(() => lab.dispose());

  describe("a builder with one pod per architecture", () => {
    const wanted = lab.wish("one");
    let builder: Builder;
    after(() => deleteNamespace(wanted.namespace));

    it("is created with quick probes, pinned to its cluster", async () => {
      const seen: CreateProgress[] = [];
      const startedMs = performance.now();
      builder = await lab.create(wanted, (progress) => seen.push(progress));
      const seconds = (performance.now() - startedMs) / 1000;
      // With buildx's own probes it takes 32 s and more.
      assert.ok(seconds < 25, `creating took ${seconds.toFixed(1)} s`);
      assert.deepEqual(
        builder.nodes.map((node) => node.platforms),
        labNodes.map(({ architecture }) => [`linux/${architecture}`]),
      );
      const kubeconfig = builder.nodes[0]?.kubernetes?.kubeconfig ?? "";
      assert.equal(statSync(kubeconfig).mode & 0o777, 0o600);
      const last = seen.at(-1);
      assert.deepEqual(
        last?.kind === "starting" &&
          last.architectures.map(({ architecture, kind, text }) => [architecture, kind, text]),
        labNodes.map(({ name, architecture }) => [architecture, "ready", `ready on ${name}`]),
      );
    });

    it("is refused a second time, and the first stays", async () => {
      await assert.rejects(lab.create(wanted), (error) => error instanceof UserError && /already/.test(error.message));
      assert.equal((await lab.find(wanted.name)).nodes.length, labNodes.length);
    });

    it("builds each platform on its own machine", async () => {
      const output = join(lab.dir, "output");
      const run = lab.build(builder, "context", dockerfile, { kind: "folder", path: output });
      await run.start();
      assert.equal(run.state, "done", run.output());
      for (const { architecture } of labNodes) {
        const machine = readFileSync(join(output, `linux_${architecture}`, "machine"), "utf8").trim();
        assert.equal(machine, machines[architecture]);
      }
      const connection = await lab.connections.open({ kubeconfig: builder.nodes[0]?.kubernetes?.kubeconfig });
      const clusterNodes = await firstOf(connection.nodes());
      const pods = await firstOf(connection.pods(wanted.namespace));
      connection.dispose();
      assert.deepEqual(
        placementsOf(run.plan, { clusterNodes, pods }).map((one) => [one.platform, one.nativeness, one.clusterNodes]),
        labNodes.map(({ name, architecture }) => [`linux/${architecture}`, "native", [name]]),
      );
    });

    it("is given build arguments and secrets, and says which are missing", async () => {
      const secret = join(lab.dir, "token");
      writeFileSync(secret, "s3cret");
      const asking = `
ARG BASE
FROM \${BASE}
ARG WHO
RUN --mount=type=secret,id=token,required test "$(cat /run/secrets/token)" = s3cret && echo "hello $WHO"
`;
      const args = [`--build-arg=BASE=${labRegistry}/base:1`, "--build-arg=WHO=you", `--secret=id=token,src=${secret}`];
      const build = async (name: string, more: readonly string[]): Promise<BuildRun> => {
        const run = lab.build(builder, name, asking, { kind: "none" }, more);
        await run.start();
        return run;
      };
      const good = await build("arguments", args);
      assert.equal(good.state, "done", good.output());
      assert.match(good.output(), /^hello you$/m);
      const noSecret = (await build("no-secret", args.slice(0, 2))).summary().head.failure;
      assert.equal(noSecret?.what, "The build was not given the secret token.");
      const noBase = (await build("no-base", args.slice(1))).summary().head.failure;
      assert.equal(noBase?.what, "The name of a base image is empty: the build argument BASE has no value.");
    });

    it("is started quickly also by a build, when its Deployment was deleted", async () => {
      await kubectl("delete", "deployments", "--all", "-n", wanted.namespace);
      await lab.settled(wanted.namespace, 0);
      const run = lab.build(builder, "deleted", dockerfile);
      const { connections, env } = lab.deps;
      const observe = (followed: FollowedBuilder): void => run.observe(followed);
      const startedMs = performance.now();
      const ended = run.start();
      // However late the cluster is looked at.
      await kubectl("wait", "--for=create", `deployment/${wanted.name}-amd64`, "-n", wanted.namespace, "--timeout=20s");
      const following = followBuilder(builder, connections, env, observe, { quickens: true });
      await ended;
      following.dispose();
      assert.equal(run.state, "done", run.output());
      const seconds = (performance.now() - startedMs) / 1000;
      // With buildx's own probes the start alone takes 32 s and more.
      assert.ok(seconds < 25, `it took ${seconds.toFixed(1)} s`);
      await lab.settled(wanted.namespace, labNodes.length);
    });

    it("cancels a build within seconds", async () => {
      const run = lab.build(builder, "slow", `FROM ${labRegistry}/base:1\nRUN sleep 600\n`);
      const running = reached(run, ({ rows }) =>
        rows.some(({ text, cells }) => text.includes("sleep") && cells.some((cell) => cell?.state === "running")),
      );
      const ended = run.start();
      await running;
      const canceledMs = performance.now();
      run.cancel();
      await ended;
      assert.equal(run.state, "canceled");
      assert.ok(performance.now() - canceledMs < 10_500);
      assert.ok(run.snapshot().rows.every((row) => row.cells.every((cell) => cell?.state !== "running")));
    });

    it("is out of reach when its kubeconfig leads nowhere, and then only its entry can be removed", async () => {
      const kubeconfig = builder.nodes[0]?.kubernetes?.kubeconfig ?? "";
      const text = readFileSync(kubeconfig, "utf8");
      writeFileSync(kubeconfig, text.replace(/:\d+\n/, ":9\n"));
      await assert.rejects(
        lab.remove(builder),
        (error) => error instanceof ClusterOutOfReach && /not reachable/.test(error.message),
      );
      assert.equal((await lab.find(wanted.name)).nodes.length, labNodes.length);
      writeFileSync(kubeconfig, text);
    });

    it("leaves nothing behind when it is removed", async () => {
      await lab.remove(builder);
      await lab.assertNothingIsLeft(wanted);
    });
  });

  it("starts two pods per architecture", async () => {
    const wanted = lab.wish("two", { replicas: 2, namespace: "default" });
    const builder = await lab.create(wanted);
    for (const { name, architecture } of labNodes) {
      const { stdout } = await kubectl("get", "pods", "-l", `app=${wanted.name}-${architecture}`, "-o", "json");
      const pods = (JSON.parse(stdout) as { items: { metadata: object; spec: { nodeName: string } }[] }).items;
      const staying = pods.filter(({ metadata }) => !("deletionTimestamp" in metadata));
      assert.deepEqual(
        staying.map(({ spec }) => spec.nodeName),
        [name, name],
      );
    }
    await lab.remove(builder);
    const left = (await objectsOf("default")).filter((name) => name.includes(wanted.name));
    assert.deepEqual(left, []);
  });

  it("needs no more room than its pods have asked for", async () => {
    const connection = await lab.connections.open({ kubeconfig: kubeconfigPath });
    const nodes = await firstOf(connection.nodes());
    connection.dispose();
    const most = Math.min(...nodes.map(({ allocatableCpu }) => allocatableCpu));
    const wanted = lab.wish("large", { driverOptions: { "requests.cpu": `${Math.round(most * 600)}m` } });
    const startedMs = performance.now();
    const builder = await lab.create(wanted);
    const seconds = (performance.now() - startedMs) / 1000;
    assert.ok(seconds < 25, `creating took ${seconds.toFixed(1)} s`);
    // Nothing that is begun goes on: what would be replaced later would be replaced in the middle of a build.
    await lab.settled(wanted.namespace, labNodes.length);
    const path = "jsonpath={range .items[*]}{.spec.strategy.type} {.status.updatedReplicas}/{.status.replicas}\n{end}";
    const { stdout } = await kubectl("get", "deployments", "-n", wanted.namespace, "-o", path);
    assert.deepEqual(stdout.split("\n"), Array(labNodes.length).fill("RollingUpdate 1/1"));
    await lab.remove(builder);
    await deleteNamespace(wanted.namespace);
  });

  it("removes only the local entry when that is asked for", async () => {
    const wanted = lab.wish("local", { architectures: ["amd64"] });
    const builder = await lab.create(wanted);
    await lab.remove(builder, { isLocalOnly: true });
    assert.ok(!(await lab.isInStore(wanted.name)));
    assert.ok((await objectsOf(wanted.namespace)).includes(`deployment.apps/${wanted.name}-amd64`));
    await deleteNamespace(wanted.namespace);
  });
});
