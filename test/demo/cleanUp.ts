import { existsSync, readFileSync, rmSync } from "node:fs";
import { isUnused } from "../../src/core/builder/namespaceUse.ts";
import { readBuilders } from "../../src/core/buildx/store.ts";
import type { KubeApi } from "../../src/core/cluster/api.ts";
import { deleteNamespace } from "../../src/core/cluster/namespaces.ts";
import { deleteBuilderObjects } from "../../src/core/cluster/removal.ts";
import { messageOf } from "../../src/core/errors.ts";
import { labDown } from "../cluster/down.ts";
import type { Progress } from "../cluster/progress.ts";
import { readNamespaces, stageApi } from "./cluster.ts";
import type { Stage } from "./stage.ts";

/**
 * Takes back everything a run has left in the cluster and on this machine; its processes have ended. What fails is
 * told, and the rest is done all the same.
 *
 * @returns whether nothing is left
 */
export async function cleanUp(stage: Stage, progress: Progress): Promise<boolean> {
  const cluster = existsSync(stage.labNote)
    ? { what: "ending the local cluster", run: () => labDown({ progress }) }
    : { what: "removing what was made in the cluster", run: () => clearCluster(stage) };
  const files = { what: "removing temporary files", run: () => removeFiles(stage) };
  let isClean = true;
  for (const { what, run } of [cluster, files]) {
    try {
      await run();
    } catch (error) {
      isClean = false;
      progress.note(`${what} failed: ${messageOf(error)}`);
    }
  }
  return isClean;
}

async function clearCluster(stage: Stage): Promise<void> {
  // Without a kubeconfig the run ended before it could make anything.
  if (!existsSync(stage.kubeconfig)) return;
  const api = await stageApi(stage);
  try {
    await removeBuilders(stage, api);
    await removeNamespaces(stage, api);
  } finally {
    api.dispose();
  }
}

async function removeBuilders(stage: Stage, api: KubeApi): Promise<void> {
  const builders = await readBuilders({ BUILDX_CONFIG: stage.buildxDir, DOCKER_CONFIG: stage.dockerDir });
  const nodes = builders.flatMap((builder) => builder.nodes.flatMap(({ kubernetes }) => kubernetes ?? []));
  const contextNamespace = api.access.context.namespace ?? "default";
  for (const [namespace, ofIt] of Map.groupBy(nodes, (node) => node.namespace ?? contextNamespace))
    await deleteBuilderObjects(
      api,
      namespace,
      ofIt.map(({ workload }) => workload),
    );
}

/** Deletes the namespaces that the extension has made in this run, unless somebody has come to use one. */
async function removeNamespaces(stage: Stage, api: KubeApi): Promise<void> {
  // Without a note they may not be listed, and then they may not be made either.
  if (!existsSync(stage.namespacesNote)) return;
  const before = JSON.parse(readFileSync(stage.namespacesNote, "utf8")) as readonly string[];
  const signal = AbortSignal.timeout(60_000);
  for (const { name, maker } of await readNamespaces(api)) {
    if (before.includes(name) || maker !== "multi-arch-builds") continue;
    if (await isUnused(api, name, signal)) await deleteNamespace(api, name, signal);
  }
}

async function removeFiles(stage: Stage): Promise<void> {
  // A process that was killed a moment ago may still be writing its last file.
  rmSync(stage.dir, { recursive: true, force: true, maxRetries: 10 });
}
