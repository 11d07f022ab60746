import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { createBuilder, type NewBuilder } from "../../../src/core/builder/create.ts";
import type { BuilderDeps } from "../../../src/core/builder/deps.ts";
import { ClusterOutOfReach, removeBuilder } from "../../../src/core/builder/remove.ts";
import type { Builder } from "../../../src/core/buildx/builder.ts";
import type { BuildxCli } from "../../../src/core/buildx/cli.ts";
import { instancePath, readBuilders } from "../../../src/core/buildx/store.ts";
import { ClusterConnections } from "../../../src/core/cluster/cluster.ts";
import { UserError } from "../../../src/core/errors.ts";
import { fakeBuildx } from "../buildx/fakeBuildx.ts";

// What needs a cluster is in test/cluster/builder.test.ts.

/** A kubeconfig for a port where nobody listens. */
const unreachable = JSON.stringify({
  clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:9" } }],
  contexts: [{ name: "k", context: { cluster: "c", user: "" } }],
  "current-context": "k",
});

let home = "";
let env: NodeJS.ProcessEnv = {};
let connections: ClusterConnections;
let folder = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "builders-"));
  folder = join(home, "kubeconfigs");
  mkdirSync(folder);
  env = { DOCKER_CONFIG: home, PATH: process.env["PATH"] };
  connections = new ClusterConnections(env);
});
afterEach(() => {
  connections.dispose();
  rmSync(home, { recursive: true });
});

function deps(cli: BuildxCli): BuilderDeps {
  return { cli, env, connections, kubeconfigFolder: folder };
}

async function storeBuilder(driver: string, kubeconfig = ""): Promise<Builder> {
  const endpoint =
    driver === "kubernetes" ? `kubernetes:///b?deployment=x&kubeconfig=${encodeURIComponent(kubeconfig)}` : "x";
  const file = instancePath(env, "b");
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, JSON.stringify({ Name: "b", Driver: driver, Nodes: [{ Name: "b0", Endpoint: endpoint }] }));
  const builder = (await readBuilders(env)).find(({ name }) => name === "b");
  assert.ok(builder);
  return builder;
}

/** A buildx whose every command removes the builder; the commands are noted. */
function removingBuildx(): { cli: BuildxCli; commands: string[] } {
  const cli = fakeBuildx([["deleteFile", instancePath(env, "b")]], { env });
  const commands: string[] = [];
  cli.onDidStart((command) => commands.push(command.slice(2).join(" ")));
  return { cli, commands };
}

const signal = new AbortController().signal;

describe("removeBuilder", () => {
  it("lets buildx remove a builder that is not on Kubernetes, with its machines", async () => {
    const builder = await storeBuilder("docker-container");
    const { cli, commands } = removingBuildx();
    await removeBuilder(builder, deps(cli), { signal });
    assert.deepEqual(commands, ["rm --force -- b"]);
  });

  it("removes nothing when the cluster is not reached, and says so", async () => {
    const kubeconfig = join(folder, "b.yaml");
    writeFileSync(kubeconfig, unreachable);
    const builder = await storeBuilder("kubernetes", kubeconfig);
    const { cli, commands } = removingBuildx();
    await assert.rejects(removeBuilder(builder, deps(cli), { signal }), (error) => {
      assert.ok(error instanceof ClusterOutOfReach);
      assert.match(error.message, /“b” was not removed\. Cluster k is not reachable/);
      assert.match(error.remedy ?? "", /only its entry on this machine/);
      return true;
    });
    assert.deepEqual(commands, []);
    assert.ok(existsSync(kubeconfig));
  });

  it("removes nothing when it is not known which cluster it is on", async () => {
    const builder = await storeBuilder("kubernetes", join(folder, "gone.yaml"));
    const { cli, commands } = removingBuildx();
    await assert.rejects(removeBuilder(builder, deps(cli), { signal }), ClusterOutOfReach);
    assert.deepEqual(commands, []);
  });

  it("removes only the entry when asked, and our kubeconfig with it", async () => {
    const kubeconfig = join(folder, "b.yaml");
    writeFileSync(kubeconfig, unreachable);
    const builder = await storeBuilder("kubernetes", kubeconfig);
    const { cli, commands } = removingBuildx();
    await removeBuilder(builder, deps(cli), { signal, isLocalOnly: true });
    assert.deepEqual(commands, ["rm --force --keep-daemon -- b"]);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("leaves the user's own kubeconfig alone", async () => {
    const kubeconfig = join(home, "config");
    writeFileSync(kubeconfig, unreachable);
    const builder = await storeBuilder("kubernetes", kubeconfig);
    await removeBuilder(builder, deps(removingBuildx().cli), { signal, isLocalOnly: true });
    assert.ok(existsSync(kubeconfig));
  });

  it("gives buildx's reason when the entry is still there", async () => {
    const builder = await storeBuilder("remote");
    const cli = fakeBuildx(
      [
        ["print", "ERROR: it is in use\n"],
        ["exit", 1],
      ],
      { env },
    );
    await assert.rejects(
      removeBuilder(builder, deps(cli), { signal }),
      (error) => error instanceof UserError && /cannot remove the builder “b”: it is in use/.test(error.message),
    );
  });

  it("does not remove docker's own builder", async () => {
    const [builder] = await readBuilders(env);
    assert.ok(builder);
    await assert.rejects(removeBuilder(builder, deps(fakeBuildx([])), { signal }), /“default” is Docker’s own builder/);
  });
});

describe("createBuilder", () => {
  const wish: NewBuilder = { name: "new", cluster: {}, namespace: "build", architectures: ["amd64"], replicas: 1 };

  const refused: readonly [what: string, changes: Partial<NewBuilder>, reason: RegExp][] = [
    ["a name that Kubernetes does not take", { name: "New" }, /lower-case/],
    ["no architecture", { architectures: [] }, /at least one architecture/],
    ["an architecture that is none", { architectures: ["arm 64"] }, /“arm 64” is no architecture/],
    ["no pods", { replicas: 0 }, /at least one pod/],
    ["a driver option that is ours", { driverOptions: { replicas: "2" } }, /field of its own/],
    ["the name of another builder", { name: "b" }, /There is a builder “b” already/],
  ];
  for (const [what, changes, reason] of refused) {
    it(`refuses ${what} before it does anything`, async () => {
      await storeBuilder("remote");
      const cli = fakeBuildx([]);
      cli.onDidStart(() => assert.fail("buildx was started"));
      const options = { signal, onProgress: () => undefined };
      await assert.rejects(
        createBuilder({ ...wish, ...changes }, deps(cli), options),
        (error) => error instanceof UserError && reason.test(error.message),
      );
    });
  }

  it("leaves no kubeconfig behind when the cluster is not reached", async () => {
    const kubeconfig = join(home, "config");
    writeFileSync(kubeconfig, unreachable);
    const options = { signal, onProgress: () => undefined };
    await assert.rejects(
      createBuilder({ ...wish, cluster: { kubeconfig } }, deps(fakeBuildx([])), options),
      (error) => error instanceof UserError && /Cluster k is not reachable/.test(error.message),
    );
    assert.deepEqual(readdirSync(folder), []);
  });
});
