import { existsSync, readFileSync, rmSync } from "node:fs";
import { readBuilders } from "../../src/core/buildx/store.ts";
import type { KubeApi } from "../../src/core/cluster/api.ts";
import { deleteNamespace } from "../../src/core/cluster/namespaces.ts";
import { deleteBuilderObjects } from "../../src/core/cluster/removal.ts";
import { messageOf } from "../../src/core/errors.ts";
import { labDown } from "../cluster/down.ts";
import type { Progress } from "../cluster/progress.ts";
import { stageApi } from "./cluster.ts";
import type { Stage } from "./stage.ts";

/**
 * Takes back everything a run has left in the cluster and on this machine; its processes have ended. What fails is
 * told, and the rest is done all the same.
 *
 * @returns whether nothing is left
 */
export async function cleanUp(stage: Stage, progress: Progress): Promise<boolean> {
  const steps = existsSync(stage.labNote)
    ? [{ what: "ending the local cluster", run: () => labDown({ progress }) }]
    : [{ what: "removing the demo's builders from the cluster", run: () => removeBuilders(stage) }];
  let isClean = true;
  for (const step of [...steps, { what: "removing temporary files", run: () => removeFiles(stage) }]) {
    try {
      await step.run();
    } catch (error) {
      isClean = false;
      progress.note(`${step.what} failed: ${messageOf(error)}`);
    }
  }
  return isClean;
}

async function removeBuilders(stage: Stage): Promise<void> {
  // Without a kubeconfig the run ended before it could make one.
  if (!existsSync(stage.kubeconfig)) return;
  const env = { BUILDX_CONFIG: stage.buildxDir, DOCKER_CONFIG: stage.dockerDir };
  const builders = (await readBuilders(env)).filter(({ driver }) => driver === "kubernetes");
  const entries = builders.flatMap(({ nodes }) => nodes.flatMap(({ kubernetes }) => kubernetes ?? []));
  if (entries.length === 0) return;
  const api = await stageApi(stage);
  try {
    const contextNamespace = api.access.context.namespace ?? "default";
    const byNamespace = Map.groupBy(entries, ({ namespace }) => namespace ?? contextNamespace);
    for (const [namespace, ofIt] of byNamespace) {
      await deleteBuilderObjects(
        api,
        namespace,
        ofIt.map(({ workload }) => workload),
      );
      await removeNewNamespace(stage, api, namespace);
    }
  } finally {
    api.dispose();
  }
}

/** Deletes a namespace that was not there before the run, unless somebody else has come to use it. */
async function removeNewNamespace(stage: Stage, api: KubeApi, namespace: string): Promise<void> {
  if (!existsSync(stage.namespacesNote)) return;
  const before = JSON.parse(readFileSync(stage.namespacesNote, "utf8")) as readonly string[];
  if (before.includes(namespace)) return;
  for (const collection of ["/api/v1", "/apis/apps/v1"]) {
    const kind = collection === "/api/v1" ? "pods" : "deployments";
    const { items } = await api.listPage(`${collection}/namespaces/${namespace}/${kind}`);
    if (items.length > 0) return;
  }
  await deleteNamespace(api, namespace, AbortSignal.timeout(60_000));
}

async function removeFiles(stage: Stage): Promise<void> {
  // A process that was killed a moment ago may still be writing its last file.
  rmSync(stage.dir, { recursive: true, force: true, maxRetries: 10 });
}
