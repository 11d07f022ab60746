import { writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { findBuildx } from "../../src/core/buildx/find.ts";
import { KubeApi } from "../../src/core/cluster/api.ts";
import { loadKubeconfig, selectContext } from "../../src/core/cluster/kubeconfig.ts";
import { writePinnedKubeconfig } from "../../src/core/cluster/pinnedKubeconfig.ts";
import { messageOf, UserError } from "../../src/core/errors.ts";
import { goTasks } from "../cluster/goBinaries.ts";
import { binDir, kubeconfigPath, labBuildkitdConfig, labEnv, labRegistry } from "../cluster/paths.ts";
import type { Progress } from "../cluster/progress.ts";
import { labStatus } from "../cluster/status.ts";
import { labUp } from "../cluster/up.ts";
import type { DemoArguments } from "./arguments.ts";
import type { Stage } from "./stage.ts";

/** What VS Code and the sample project need to know of the cluster they work on. */
export interface StageCluster {
  /** First in it: a buildx that works. */
  readonly PATH: string;
  /** For BuildKit's pods: which registries speak plain http. */
  readonly buildkitdConfig?: string;
  /** An image with a C compiler that the cluster's pods can pull. */
  readonly toolchain: string;
}

/** The lab's image with a C compiler; the sample's Dockerfile names it. */
export const labToolchain = `${labRegistry}/toolchain:1`;

/** The cluster on this machine, which must be up. */
export async function useLab(stage: Stage): Promise<StageCluster> {
  await pinKubeconfig(stage, kubeconfigPath, undefined);
  return { PATH: labEnv().PATH, buildkitdConfig: labBuildkitdConfig, toolchain: labToolchain };
}

/** Gets the wanted cluster ready: starts the local one, or takes the user's. */
export async function prepareCluster(
  stage: Stage,
  { kubeconfig, context }: DemoArguments,
  progress: Progress,
): Promise<StageCluster> {
  if (kubeconfig !== undefined) {
    await pinKubeconfig(stage, kubeconfig, context);
    await noteNamespaces(stage);
    return { PATH: await pathWithBuildx(progress), toolchain: "docker.io/library/gcc:14" };
  }
  if ((await labStatus()).state !== "up") writeFileSync(stage.labNote, "");
  await labUp({ progress });
  const cluster = await useLab(stage);
  await noteNamespaces(stage);
  return cluster;
}

async function pinKubeconfig(stage: Stage, file: string, context: string | undefined): Promise<void> {
  const kubeconfig = await loadKubeconfig({ path: file, env: process.env });
  await writePinnedKubeconfig(stage.kubeconfig, selectContext(kubeconfig, context));
}

/** The client of the stage's cluster; the caller disposes it. */
export async function stageApi(stage: Stage): Promise<KubeApi> {
  const kubeconfig = await loadKubeconfig({ path: stage.kubeconfig, env: process.env });
  return new KubeApi(selectContext(kubeconfig), process.env);
}

/** Notes which namespaces there are: those are not ours to delete afterwards. */
export async function noteNamespaces(stage: Stage): Promise<void> {
  const api = await stageApi(stage);
  try {
    writeFileSync(stage.namespacesNote, JSON.stringify((await readNamespaces(api)).map(({ name }) => name)));
  } catch (error) {
    // Not everybody may list them.
    process.stderr.write(`The namespaces cannot be listed, so a new one would stay: ${messageOf(error)}\n`);
  } finally {
    api.dispose();
  }
}

/** All namespaces, each with the program that has made it. */
export async function readNamespaces(
  api: KubeApi,
): Promise<readonly { readonly name: string; readonly maker: string | undefined }[]> {
  const { items } = await api.listPage("/api/v1/namespaces");
  return items.map((item) => {
    const { metadata } = item as {
      readonly metadata: { readonly name: string; readonly managedFields?: readonly { readonly manager?: string }[] };
    };
    return { name: metadata.name, maker: metadata.managedFields?.[0]?.manager };
  });
}

/** The user's own buildx where there is one, else the one this repository pins. */
async function pathWithBuildx(progress: Progress): Promise<string> {
  const { env } = process;
  try {
    const { cli } = await findBuildx({ env });
    const dir = dirname(cli.commandLine.split(" ", 1)[0] ?? "");
    cli.dispose();
    return [dir, env["PATH"]].join(delimiter);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await progress.runAll(goTasks(["docker-buildx"]));
    return [binDir, env["PATH"]].join(delimiter);
  }
}
