import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { placementsOf } from "../../src/core/build/placement.ts";
import { BuildRun } from "../../src/core/build/run.ts";
import { createBuilder, type CreateProgress, type NewBuilder } from "../../src/core/builder/create.ts";
import type { BuilderDeps } from "../../src/core/builder/deps.ts";
import { ClusterOutOfReach, removeBuilder } from "../../src/core/builder/remove.ts";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { BuildxCli } from "../../src/core/buildx/cli.ts";
import { readBuilders } from "../../src/core/buildx/store.ts";
import { ClusterConnections } from "../../src/core/cluster/cluster.ts";
import { isAbort, UserError } from "../../src/core/errors.ts";
import { DisposableStore } from "../../src/core/event.ts";
import { labBlockers } from "./blockers.ts";
import { labDown } from "./down.ts";
import { labNodes } from "./nodes.ts";
import { binDir, kubeconfigPath, labBuildkitdConfig, labRegistry } from "./paths.ts";
import { kubectl } from "./processes.ts";
import { labStatus } from "./status.ts";
import { labUp } from "./up.ts";

const machines: Readonly<Record<string, string>> = { amd64: "x86_64", arm64: "aarch64" };
const platforms = labNodes.map(({ architecture }) => `linux/${architecture}`);

async function objectsOf(namespace: string): Promise<string[]> {
  const kinds = "deployments,statefulsets,replicasets,pods,configmaps";
  const { stdout } = await kubectl("get", kinds, "-n", namespace, "-o", "name");
  return stdout.split("\n").filter((name) => name !== "" && name !== "configmap/kube-root-ca.crt");
}

async function namespaceExists(name: string): Promise<boolean> {
  const { stdout } = await kubectl("get", "namespace", name, "--ignore-not-found", "-o", "name");
  return stdout !== "";
}

async function deleteNamespace(name: string): Promise<void> {
  await kubectl("delete", "namespace", name, "--ignore-not-found");
}

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env["CI"] ? [] : labBlockers();

describe("builders on the lab", { skip: blockers.join("; ") || false }, () => {
  const suffix = process.pid; // several test runs may share the lab
  const dir = mkdtempSync(join(tmpdir(), "builder-test-"));
  const env = { ...process.env, KUBECONFIG: kubeconfigPath, BUILDX_CONFIG: join(dir, "store") };
  const kubeconfigFolder = join(dir, "kubeconfigs");
  const cli = new BuildxCli([join(binDir, "docker-buildx")], env);
  const connections = new ClusterConnections(env);
  const deps: BuilderDeps = { cli, env, connections, kubeconfigFolder };
  let wasUp = true;

  before(async () => {
    wasUp = (await labStatus()).state === "up";
    await labUp();
  });

  after(async () => {
    connections.dispose();
    cli.dispose();
    rmSync(dir, { recursive: true });
    if (!wasUp) await labDown();
  });

  function wish(name: string, changes: Partial<NewBuilder> = {}): NewBuilder {
    return {
      name: `${name}-${suffix}`,
      cluster: { kubeconfig: kubeconfigPath },
      namespace: `${name}-${suffix}`,
      architectures: labNodes.map(({ architecture }) => architecture),
      replicas: 1,
      buildkitdConfig: labBuildkitdConfig,
      ...changes,
    };
  }

  async function create(wanted: NewBuilder, onProgress: (progress: CreateProgress) => void = () => undefined) {
    await createBuilder(wanted, deps, { signal: new AbortController().signal, onProgress });
    return find(wanted.name);
  }

  async function find(name: string): Promise<Builder> {
    const builder = (await readBuilders(env)).find((one) => one.name === name);
    assert.ok(builder, `there is no builder ${name}`);
    return builder;
  }

  async function remove(builder: Builder, changes: { isLocalOnly?: boolean } = {}): Promise<void> {
    await removeBuilder(builder, deps, { signal: new AbortController().signal, ...changes });
  }

  async function assertNothingIsLeft({ name, namespace }: NewBuilder): Promise<void> {
    assert.ok(!(await readBuilders(env)).some((builder) => builder.name === name), "it is in buildx's store");
    const kubeconfigs = existsSync(kubeconfigFolder) ? readdirSync(kubeconfigFolder) : [];
    assert.deepEqual(
      kubeconfigs.filter((file) => file.startsWith(name)),
      [],
    );
    assert.deepEqual(await objectsOf(namespace), []);
  }

  function buildContext(name: string, dockerfile: string): string {
    const path = join(dir, name);
    mkdirSync(path);
    writeFileSync(join(path, "Dockerfile"), dockerfile);
    return path;
  }

  function runOf(builder: Builder, context: string, output?: string): BuildRun {
    return new BuildRun(cli, {
      request: {
        dockerfile: join(context, "Dockerfile"),
        buildContext: context,
        builder: builder.name,
        platforms,
        output: output === undefined ? { kind: "none" } : { kind: "folder", path: output },
        noCache: true,
      },
      builder,
      labels: { dockerfile: "Dockerfile", output: "" },
    });
  }

  describe("a builder with one pod per architecture", () => {
    const wanted = wish("one");
    let builder: Builder;
    after(() => deleteNamespace(wanted.namespace));

    it("is created with quick probes, pinned to its cluster", async () => {
      const seen: CreateProgress[] = [];
      const startedMs = performance.now();
      builder = await create(wanted, (progress) => seen.push(progress));
      const seconds = (performance.now() - startedMs) / 1000;
      // With buildx's own probes it takes 32 s and more.
      assert.ok(seconds < 25, `creating took ${seconds.toFixed(1)} s`);
      assert.deepEqual(
        builder.nodes.map((node) => node.platforms),
        platforms.map((platform) => [platform]),
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
      await assert.rejects(create(wanted), (error) => error instanceof UserError && /already/.test(error.message));
      assert.equal((await find(wanted.name)).nodes.length, labNodes.length);
    });

    it("builds each platform on its own machine", async () => {
      const context = buildContext(
        "context",
        `FROM ${labRegistry}/base:1 AS build\nRUN uname -m > /machine\nFROM scratch\nCOPY --from=build /machine /\n`,
      );
      const output = join(dir, "output");
      const run = runOf(builder, context, output);
      const connection = await connections.open({ kubeconfig: builder.nodes[0]?.kubernetes?.kubeconfig });
      const subscriptions = new DisposableStore();
      subscriptions.add(connection);
      const [nodes, pods] = [connection.nodes(), connection.pods(wanted.namespace)];
      const live = new Promise<void>((resolve) => {
        const check = (): void => {
          if ([nodes, pods].every(({ current }) => current.status.kind === "live")) resolve();
        };
        subscriptions.add(nodes.onDidChange(check));
        subscriptions.add(pods.onDidChange(check));
        check();
      });
      await run.start();
      await live;
      assert.equal(run.state, "done", run.output());
      for (const { architecture } of labNodes) {
        const machine = readFileSync(join(output, `linux_${architecture}`, "machine"), "utf8").trim();
        assert.equal(machine, machines[architecture]);
      }
      const placements = placementsOf(run.plan, { clusterNodes: nodes.current.items, pods: pods.current.items });
      subscriptions.dispose();
      assert.deepEqual(
        placements.map(({ platform, nativeness, clusterNodes, pod }) => [
          platform,
          nativeness,
          clusterNodes,
          pod !== undefined,
        ]),
        labNodes.map(({ name, architecture }) => [`linux/${architecture}`, "native", [name], true]),
      );
    });

    it("cancels a build within seconds", async () => {
      const context = buildContext("slow", `FROM ${labRegistry}/base:1\nRUN sleep 600\n`);
      const run = runOf(builder, context);
      const running = new Promise<void>((resolve) => {
        run.onDidChange(() => {
          const isSleeping = run
            .snapshot()
            .rows.some((row) => row.text.includes("sleep") && row.cells.some((cell) => cell?.state === "running"));
          if (isSleeping) resolve();
        });
      });
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
        remove(builder),
        (error) => error instanceof ClusterOutOfReach && /not reachable/.test(error.message),
      );
      assert.equal((await find(wanted.name)).nodes.length, labNodes.length);
      writeFileSync(kubeconfig, text);
    });

    it("leaves nothing behind when it is removed", async () => {
      await remove(builder);
      await assertNothingIsLeft(wanted);
    });
  });

  it("starts two pods per architecture", async () => {
    const wanted = wish("two", { replicas: 2, namespace: "default" });
    const builder = await create(wanted);
    for (const { name, architecture } of labNodes) {
      const { stdout } = await kubectl("get", "pods", "-l", `app=${wanted.name}-${architecture}`, "-o", "json");
      const pods = (JSON.parse(stdout) as { items: { metadata: object; spec: { nodeName: string } }[] }).items;
      const staying = pods.filter(({ metadata }) => !("deletionTimestamp" in metadata));
      assert.deepEqual(
        staying.map(({ spec }) => spec.nodeName),
        [name, name],
      );
    }
    await remove(builder);
    const left = (await objectsOf("default")).filter((name) => name.includes(wanted.name));
    assert.deepEqual(left, []);
  });

  it("removes only the local entry when that is asked for", async () => {
    const wanted = wish("local", { architectures: ["amd64"] });
    const builder = await create(wanted);
    await remove(builder, { isLocalOnly: true });
    assert.ok(!(await readBuilders(env)).some(({ name }) => name === wanted.name));
    assert.ok((await objectsOf(wanted.namespace)).includes(`deployment.apps/${wanted.name}-amd64`));
    await deleteNamespace(wanted.namespace);
  });

  describe("a builder that cannot start", () => {
    const nowhere = { nodeselector: "example.com/no-such=label" };

    it("says why, and leaves nothing behind", async () => {
      const wanted = wish("stuck", { driverOptions: { ...nowhere, timeout: "4s" } });
      await assert.rejects(create(wanted), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /did not start: amd64: .*; arm64: /);
        assert.doesNotMatch(error.message, /expected \d+ replicas/);
        assert.equal(error.remedy, undefined);
        return true;
      });
      await assertNothingIsLeft(wanted);
      assert.equal(await namespaceExists(wanted.namespace), false);
    });

    it("leaves nothing behind when it is cancelled", async () => {
      const wanted = wish("cancelled", { driverOptions: nowhere });
      const abort = new AbortController();
      const progress: CreateProgress[] = [];
      const onProgress = (one: CreateProgress): void => {
        progress.push(one);
        if (one.kind === "starting" && one.architectures.every(({ kind }) => kind === "stuck")) abort.abort();
      };
      await assert.rejects(createBuilder(wanted, deps, { signal: abort.signal, onProgress }), isAbort);
      assert.equal(progress.at(-1)?.kind, "cleaningUp");
      await assertNothingIsLeft(wanted);
      assert.equal(await namespaceExists(wanted.namespace), false);
    });

    it("leaves nothing behind when it is cancelled between its nodes", async () => {
      const wanted = wish("half");
      const abort = new AbortController();
      const half = new BuildxCli([join(binDir, "docker-buildx")], env);
      half.onDidStart((command) => {
        if (command.includes("--append")) setImmediate(() => abort.abort());
      });
      const options = { signal: abort.signal, onProgress: () => undefined };
      await assert.rejects(createBuilder(wanted, { ...deps, cli: half }, options), isAbort);
      await assertNothingIsLeft(wanted);
      assert.equal(await namespaceExists(wanted.namespace), false);
    });

    it("says that the namespace forbids privileged pods, and leaves that namespace", async () => {
      const wanted = wish("forbidden", { driverOptions: { timeout: "8s" } });
      await kubectl("create", "namespace", wanted.namespace);
      await kubectl("label", "namespace", wanted.namespace, "pod-security.kubernetes.io/enforce=baseline");
      await assert.rejects(
        create(wanted),
        (error) => error instanceof UserError && /PodSecurity.*privileged/.test(error.message),
      );
      await assertNothingIsLeft(wanted);
      assert.equal(await namespaceExists(wanted.namespace), true);
      await deleteNamespace(wanted.namespace);
    });

    it("does not adopt what is already there, nor remove it", async () => {
      const wanted = wish("foreign");
      await kubectl("create", "namespace", wanted.namespace);
      await kubectl(
        "create",
        "deployment",
        `${wanted.name}-arm64`,
        "-n",
        wanted.namespace,
        "--image=none",
        "--replicas=0",
      );
      await assert.rejects(
        create(wanted),
        (error) => error instanceof UserError && /has a Deployment .* already/.test(error.message),
      );
      assert.ok((await objectsOf(wanted.namespace)).includes(`deployment.apps/${wanted.name}-arm64`));
      assert.ok(!(await readBuilders(env)).some(({ name }) => name === wanted.name));
      await deleteNamespace(wanted.namespace);
    });

    it("gives buildx's reason for an option it does not know", async () => {
      const wanted = wish("option", { driverOptions: { nonsense: "1" } });
      await assert.rejects(create(wanted), /invalid driver option nonsense/);
      await assertNothingIsLeft(wanted);
      assert.equal(await namespaceExists(wanted.namespace), false);
    });
  });
});
