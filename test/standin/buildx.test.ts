import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { ExecaError, execa } from "execa";
import { binDir, labEnv } from "../cluster/paths.ts";
import { processesWith } from "../demo/processes.ts";
import { buildkitBlocker, marker } from "./buildkitProcess.ts";
import { configMaps, deployments, pods, replicaSets } from "./kinds.ts";
import { Standin } from "./standin.ts";

const architectures = ["amd64", "arm64"] as const;
const dockerfile = "FROM scratch\nARG TARGETARCH\nCOPY file-${TARGETARCH} /file\n";

// Where it cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const missing = existsSync(path.join(binDir, "docker-buildx")) ? undefined : "docker-buildx is not compiled yet";
const blocker = process.env["CI"] ? undefined : (buildkitBlocker() ?? missing);

describe("the real buildx", { skip: blocker ?? false }, () => {
  let standin: Standin;
  const dir = mkdtempSync(path.join(tmpdir(), "standin-test-"));

  before(async () => {
    standin = await Standin.start({ podMode: "buildkit" });
    mkdirSync(path.join(dir, "context"));
    writeFileSync(path.join(dir, "context/Dockerfile"), dockerfile);
    for (const architecture of architectures) {
      writeFileSync(path.join(dir, `context/file-${architecture}`), `for ${architecture}`);
    }
  });

  after(async () => {
    await standin?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  function buildx(...args: readonly string[]) {
    const env = { ...labEnv(), KUBECONFIG: standin.kubeconfig, BUILDX_CONFIG: path.join(dir, "buildx") };
    return execa("docker-buildx", args, { cwd: dir, env });
  }

  function build(...args: readonly string[]) {
    return buildx("build", "--builder", "two", "--platform", "linux/amd64,linux/arm64", ...args, "context");
  }

  test("creates a builder of two nodes, each on its own kind of machine", async () => {
    writeFileSync(path.join(dir, "buildkitd.toml"), "[log]\n  format = 'json'\n");
    for (const [index, architecture] of architectures.entries()) {
      const append = index > 0 ? ["--append"] : [];
      const name = ["--name", "two", "--driver", "kubernetes", "--node", `two-${architecture}`];
      const options = `namespace=default,timeout=60s,"nodeselector=kubernetes.io/arch=${architecture}"`;
      const settings = ["--platform", `linux/${architecture}`, "--driver-opt", options];
      await buildx("create", ...append, ...name, ...settings, "--buildkitd-config", "buildkitd.toml");
    }
    await buildx("inspect", "--bootstrap", "two");
    for (const architecture of architectures) {
      const [pod] = standin.pods.list("default", `two-${architecture}`);
      assert.equal(pod?.spec.nodeName, `node-${architecture}`);
    }
  });

  test("builds for both platforms, with the configuration that it has put there", async () => {
    await build("--output", "type=local,dest=out");
    for (const architecture of architectures) {
      const file = path.join(dir, `out/linux_${architecture}/file`);
      assert.equal(readFileSync(file, "utf8"), `for ${architecture}`);
      const [pod] = standin.pods.list("default", `two-${architecture}`);
      const env = { ...labEnv(), KUBECONFIG: standin.kubeconfig };
      const { stdout } = await execa("kubectl", ["logs", pod?.metadata.name ?? ""], { env });
      assert.match(stdout, /"msg":"running server on/);
    }
  });

  test("is refused in the words of Kubernetes", async () => {
    const denial = standin.deny({ resource: "pods/exec" });
    const failure = await build().catch((error: unknown) => error);
    denial.dispose();
    assert.ok(failure instanceof ExecaError);
    assert.match(String(failure.stderr), /is forbidden: User "admin" cannot create resource "pods\/exec"/);
  });

  test("goes on with a pod whose BuildKit was killed", async () => {
    const [pod] = standin.pods.list("default", "two-arm64");
    const name = pod?.metadata.name ?? "";
    const isBack = (): boolean => {
      const [status] = standin.pods.get("default", name).status?.containerStatuses ?? [];
      return status?.restartCount === 1 && status.ready;
    };
    standin.pods.kill("default", name, { exitCode: 137, reason: "OOMKilled" });
    await standin.until(isBack);
    await build("--output", "type=local,dest=again");
    assert.ok(existsSync(path.join(dir, "again/linux_arm64/file")));
  });

  test("leaves nothing behind when it removes the builder", async () => {
    const processes = () => processesWith(marker, path.dirname(standin.kubeconfig));
    assert.notDeepEqual(processes(), []);
    await buildx("rm", "two");
    const left = (): number =>
      [deployments, replicaSets, configMaps, pods].reduce((sum, kind) => sum + standin.store.list(kind).length, 0);
    await standin.until(() => left() === 0);
    assert.deepEqual(processes(), []);
  });
});
