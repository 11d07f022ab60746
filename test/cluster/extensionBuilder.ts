import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildRun } from "../../src/core/build/run.ts";
import { createBuilder } from "../../src/core/builder/create.ts";
import type { BuilderDeps } from "../../src/core/builder/deps.ts";
import { removeBuilder } from "../../src/core/builder/remove.ts";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { findBuildx } from "../../src/core/buildx/find.ts";
import { readBuilders } from "../../src/core/buildx/store.ts";
import { ClusterConnections } from "../../src/core/cluster/cluster.ts";
import { labNodes } from "./nodes.ts";
import { kubeconfigPath, labBuildkitdConfig, labEnv } from "./paths.ts";
import { labPlatforms } from "./testBuilder.ts";

const never = new AbortController().signal;

/** A builder on the lab that the extension's own code has made, in a buildx store and a namespace of its own. */
export class ExtensionBuilder {
  readonly name: string;
  /** A folder for files, gone with the builder. */
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #deps: BuilderDeps;

  private constructor(name: string, dir: string, env: NodeJS.ProcessEnv, deps: BuilderDeps) {
    this.name = name;
    this.dir = dir;
    this.env = env;
    this.#deps = deps;
  }

  /** Prepares everything and starts nothing. */
  static async prepare(name: string): Promise<ExtensionBuilder> {
    const dir = mkdtempSync(join(tmpdir(), "multiarch-lab-"));
    const env = { ...process.env, ...labEnv(), BUILDX_CONFIG: join(dir, "buildx") };
    const { cli } = await findBuildx({ env });
    const connections = new ClusterConnections(env);
    const kubeconfigFolder = join(dir, "kubeconfigs");
    return new ExtensionBuilder(`${name}-${process.pid}`, dir, env, { cli, env, connections, kubeconfigFolder });
  }

  async create(): Promise<void> {
    const wish = {
      name: this.name,
      cluster: { kubeconfig: kubeconfigPath },
      namespace: this.name,
      architectures: labNodes.map(({ architecture }) => architecture),
      replicas: 1,
      buildkitdConfig: labBuildkitdConfig,
    };
    await createBuilder(wish, this.#deps, { signal: never, onProgress: () => undefined });
  }

  /** Writes a build context that is only a Dockerfile. */
  context(name: string, dockerfile: string): string {
    const context = join(this.dir, name);
    mkdirSync(context);
    writeFileSync(join(context, "Dockerfile"), dockerfile);
    return context;
  }

  /** Builds for all platforms of the lab and returns the ended build. */
  async build(context: string, options: { readonly noCache?: boolean } = {}): Promise<BuildRun> {
    const request = {
      dockerfile: join(context, "Dockerfile"),
      buildContext: context,
      builder: this.name,
      platforms: labPlatforms,
      output: { kind: "none" },
      ...options,
    } as const;
    const labels = { dockerfile: "Dockerfile", output: "" };
    const run = new BuildRun(this.#deps.cli, { request, builder: await this.#find(), labels });
    await run.start();
    return run;
  }

  /** Removes it from the cluster with its namespace, and all its files. */
  async dispose(): Promise<void> {
    try {
      await removeBuilder(await this.#find(), this.#deps, { signal: never });
      const connection = await this.#deps.connections.open({ kubeconfig: kubeconfigPath });
      await connection.api.request("DELETE", `/api/v1/namespaces/${this.name}`);
    } finally {
      this.#deps.connections.dispose();
      this.#deps.cli.dispose();
      rmSync(this.dir, { recursive: true, force: true });
    }
  }

  async #find(): Promise<Builder> {
    const builder = (await readBuilders(this.env)).find(({ name }) => name === this.name);
    if (!builder) throw new Error(`there is no builder ${this.name}`);
    return builder;
  }
}
