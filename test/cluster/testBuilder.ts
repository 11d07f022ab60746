import { execa } from "execa";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labNodes } from "./nodes.ts";
import type { Architecture } from "./nodes.ts";
import { labBuildkitdConfig, labEnv } from "./paths.ts";

/** The platforms of the lab, one for each node. */
export const labPlatforms = labNodes.map(({ architecture }) => `linux/${architecture}`);

/** A builder on the lab with one builder node per architecture, in a buildx store of its own. */
export class TestBuilder {
  readonly name: string;
  /** A folder for the test's files, gone with the builder. */
  readonly dir = mkdtempSync(join(tmpdir(), "multiarch-lab-test-"));
  readonly #buildx = process.env.LAB_BUILDX ?? "docker-buildx";

  constructor(name: string) {
    this.name = `${name}-${process.pid}`; // several test runs may share the lab
    mkdirSync(this.configDir);
  }

  /** The value of BUILDX_CONFIG. */
  get configDir(): string {
    return join(this.dir, "buildx");
  }

  /** The name of its builder node, and of the Deployment behind it. */
  nodeName(architecture: Architecture): string {
    return `${this.name}-${architecture}`;
  }

  async create(): Promise<void> {
    for (const [index, { architecture }] of labNodes.entries()) await this.createNode(architecture, index > 0);
    await this.run(["inspect", "--bootstrap", this.name]);
  }

  /** Adds a builder node, as a user of the command line does. */
  async createNode(architecture: Architecture, isAppended: boolean, ...flags: readonly string[]): Promise<void> {
    const builderNode = ["--node", this.nodeName(architecture), "--platform", `linux/${architecture}`];
    const options = `namespace=default,timeout=120s,"nodeselector=kubernetes.io/arch=${architecture}"`;
    const settings = ["--driver-opt", options, "--buildkitd-config", labBuildkitdConfig];
    const append = isAppended ? ["--append"] : [];
    const name = ["--name", this.name, "--driver", "kubernetes"];
    await this.run(["create", ...name, ...append, ...builderNode, ...settings, ...flags]);
  }

  /** Builds for all platforms of the lab. */
  async build(contextDir: string, ...options: readonly string[]): Promise<void> {
    await this.run(["build", "--builder", this.name, "--platform", labPlatforms.join(","), ...options, contextDir]);
  }

  run(args: readonly string[]) {
    return execa(this.#buildx, args, { cwd: this.dir, env: { ...labEnv(), BUILDX_CONFIG: this.configDir } });
  }

  async remove(): Promise<void> {
    await this.run(["rm", "--force", this.name]);
  }

  dispose(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
