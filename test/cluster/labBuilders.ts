import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildSnapshot } from "../../src/core/build/snapshot.ts";
import { BuildRun } from "../../src/core/build/run.ts";
import { createBuilder, type CreateProgress, type NewBuilder } from "../../src/core/builder/create.ts";
import type { BuilderDeps } from "../../src/core/builder/deps.ts";
import { removeBuilder } from "../../src/core/builder/remove.ts";
import type { BuildOutput } from "../../src/core/buildx/buildRequest.ts";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { BuildxCli } from "../../src/core/buildx/cli.ts";
import { parseBuildxVersion } from "../../src/core/buildx/version.ts";
import { readBuilders } from "../../src/core/buildx/store.ts";
import { ClusterConnections } from "../../src/core/cluster/cluster.ts";
import { labDown } from "./down.ts";
import { labNodes } from "./nodes.ts";
import { binDir, kubeconfigPath, labBuildkitdConfig, ports } from "./paths.ts";
import { kubectl } from "./processes.ts";
import { labStatus } from "./status.ts";
import { labBuild, labUp } from "./up.ts";

/** The versions of buildx that the lab has. */
export const buildxBinaries = ["docker-buildx", "docker-buildx-0.36", "docker-buildx-0.29"] as const;
export type BuildxBinary = (typeof buildxBinaries)[number];

/** The extension's own way to make builders on the lab, with a buildx store of its own. */
export class LabBuilders {
  /** A folder for the test's files, gone at the end. */
  readonly dir = mkdtempSync(join(tmpdir(), "builder-test-"));
  readonly #buildx: BuildxBinary;
  readonly #env = { ...process.env, KUBECONFIG: kubeconfigPath, BUILDX_CONFIG: join(this.dir, "store") };
  readonly connections = new ClusterConnections(this.#env);
  #deps: BuilderDeps | undefined;
  #wasUp = true;

  constructor(buildx: BuildxBinary = "docker-buildx") {
    this.#buildx = buildx;
  }

  /** Not before {@link up}, which makes the binary. */
  get deps(): BuilderDeps {
    const kubeconfigFolder = join(this.dir, "kubeconfigs");
    this.#deps ??= { cli: this.newCli(), env: this.#env, connections: this.connections, kubeconfigFolder };
    return this.#deps;
  }

  async up(): Promise<void> {
    await labBuild([this.#buildx]);
    this.#wasUp = (await labStatus()).state === "up";
    await labUp();
  }

  async dispose(): Promise<void> {
    this.connections.dispose();
    this.#deps?.cli.dispose();
    rmSync(this.dir, { recursive: true });
    if (!this.#wasUp) await labDown();
  }

  newCli(): BuildxCli {
    const binary = join(binDir, this.#buildx);
    // As the extension does: how a build is watched over depends on it.
    const version = parseBuildxVersion(execFileSync(binary, ["version"], { encoding: "utf8" }));
    assert.ok(version, `${binary} tells no version`);
    return new BuildxCli([binary], this.#env, { version });
  }

  /** A kubeconfig that leads to the lab's API server by another port, such as that of a cable; in {@link dir}. */
  kubeconfigBy({ port }: { readonly port: number }): string {
    const file = join(this.dir, `kubeconfig-${port}`);
    writeFileSync(file, readFileSync(kubeconfigPath, "utf8").replace(`:${ports.api}`, `:${port}`));
    return file;
  }

  /** A builder in a namespace of its own, unless told otherwise. */
  wish(name: string, changes: Partial<NewBuilder> = {}): NewBuilder {
    const unique = `${name}-${process.pid}`; // several test runs may share the lab
    return {
      name: unique,
      cluster: { kubeconfig: kubeconfigPath },
      namespace: unique,
      architectures: labNodes.map(({ architecture }) => architecture),
      replicas: 1,
      buildkitdConfig: labBuildkitdConfig,
      ...changes,
    };
  }

  async create(wanted: NewBuilder, onProgress: (progress: CreateProgress) => void = () => undefined): Promise<Builder> {
    await createBuilder(wanted, this.deps, { signal: new AbortController().signal, onProgress });
    return this.find(wanted.name);
  }

  async find(name: string): Promise<Builder> {
    const builder = (await readBuilders(this.#env)).find((one) => one.name === name);
    assert.ok(builder, `there is no builder ${name}`);
    return builder;
  }

  async isInStore(name: string): Promise<boolean> {
    return (await readBuilders(this.#env)).some((builder) => builder.name === name);
  }

  async remove(builder: Builder, changes: { readonly isLocalOnly?: boolean } = {}): Promise<void> {
    await removeBuilder(builder, this.deps, { signal: new AbortController().signal, ...changes });
  }

  async assertNothingIsLeft({ name, namespace, architectures }: NewBuilder): Promise<void> {
    assert.ok(!(await this.isInStore(name)), "it is in buildx's store");
    const { kubeconfigFolder } = this.deps;
    const kubeconfigs = existsSync(kubeconfigFolder) ? readdirSync(kubeconfigFolder) : [];
    assert.deepEqual(
      kubeconfigs.filter((file) => file.startsWith(name)),
      [],
    );
    // Kubernetes itself deletes these after their Deployment, when no pod of theirs has to be waited for.
    const selector = `app in (${architectures.map((architecture) => `${name}-${architecture}`).join(",")})`;
    await kubectl("wait", "--for=delete", "replicasets", "-n", namespace, "-l", selector, "--timeout=10s");
    const objects = await objectsOf(namespace);
    assert.deepEqual(
      objects.filter((object) => object.includes(name)),
      [],
    );
  }

  /**
   * Waits until there are so many pods, and all are ready: buildx before 0.37 sends builds also to those that are to go.
   */
  async settled(namespace: string, count: number): Promise<void> {
    const connection = await this.connections.open({ kubeconfig: kubeconfigPath });
    const { promise, resolve } = Promise.withResolvers<void>();
    const subscription = connection.pods(namespace).onDidChange(({ status, items }) => {
      const isReady = items.length === count && items.every(({ state }) => state.kind === "ready");
      if (status.kind === "live" && isReady) resolve();
    });
    await promise;
    subscription.dispose();
    connection.dispose();
  }

  /** A build of this Dockerfile for all platforms of the builder. */
  build(
    builder: Builder,
    name: string,
    dockerfile: string,
    output: BuildOutput = { kind: "none" },
    moreArgs: readonly string[] = [],
  ): BuildRun {
    const buildContext = join(this.dir, name);
    mkdirSync(buildContext);
    writeFileSync(join(buildContext, "Dockerfile"), dockerfile);
    return new BuildRun(this.deps.cli, {
      request: {
        dockerfile: join(buildContext, "Dockerfile"),
        buildContext,
        builder: builder.name,
        platforms: builder.nodes.flatMap(({ platforms }) => platforms),
        output,
        noCache: true,
      },
      builder,
      labels: { dockerfile: "Dockerfile", output: "" },
      more: { args: moreArgs, folder: buildContext },
    });
  }
}

/** Resolves when the build is so; fails when it has ended without. */
export async function reached(run: BuildRun, isSo: (snapshot: BuildSnapshot) => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    run.onDidChange(() => {
      const snapshot = run.snapshot();
      if (isSo(snapshot)) resolve();
      else if (run.hasEnded) reject(new Error(`The build has ended: ${JSON.stringify(snapshot.head)}`));
    });
  });
}

/** Names of what runs in a namespace, as `kind/name`. */
export async function objectsOf(namespace: string): Promise<string[]> {
  const kinds = "deployments,statefulsets,replicasets,pods,configmaps,persistentvolumeclaims";
  const { stdout } = await kubectl("get", kinds, "-n", namespace, "-o", "name");
  return stdout.split("\n").filter((name) => name !== "" && name !== "configmap/kube-root-ca.crt");
}

export async function namespaceExists(name: string): Promise<boolean> {
  const { stdout } = await kubectl("get", "namespace", name, "--ignore-not-found", "-o", "name");
  return stdout !== "";
}

export async function deleteNamespace(name: string): Promise<void> {
  await kubectl("delete", "namespace", name, "--ignore-not-found");
}
