import { dirname, resolve } from "node:path";
import type { Builder } from "../buildx/builder.ts";
import type { ClusterConnection } from "../cluster/cluster.ts";
import { deleteBuilderObjects } from "../cluster/removal.ts";
import { UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import { openBuilderCluster } from "./builderCluster.ts";
import { type BuilderDeps, removeLocalEntry } from "./deps.ts";
import { removePin } from "./pins.ts";

/** How a builder is removed. */
export interface RemoveOptions {
  readonly signal: AbortSignal;
  /** Removes only buildx's entry on this machine; what is in the cluster stays there. For {@link ClusterOutOfReach}. */
  readonly isLocalOnly?: boolean;
  /** Called when something of it is deleted: from then on nothing can be built on it. */
  readonly onDelete?: () => void;
  /** Called with the names of the pods that are still there. */
  readonly onPodsLeft?: (names: readonly string[]) => void;
}

/**
 * The builder was not removed, because what it has in its cluster cannot be deleted from here. Only its local entry
 * can be removed, if that is wanted: with {@link RemoveOptions.isLocalOnly}.
 */
export class ClusterOutOfReach extends UserError {}

/**
 * Removes a builder for good: what it has in its cluster, verified to be gone, then its entry in buildx's store and
 * the kubeconfig we have made for it. Volume claims, which hold the cache, are left.
 *
 * @throws ClusterOutOfReach; another UserError when buildx refuses; AbortError when it was cancelled, and then the
 *   builder is still there and can be removed again
 */
export async function removeBuilder(builder: Builder, deps: BuilderDeps, options: RemoveOptions): Promise<void> {
  if (builder.path === undefined) {
    throw new UserError(t("“{0}” is Docker’s own builder and goes only with its docker context.", builder.name));
  }
  if (builder.unreadable !== undefined) {
    throw new UserError(builder.unreadable, { remedy: t("Mend the file, or delete it by hand.") });
  }
  const isOnKubernetes = builder.driver === "kubernetes";
  if (isOnKubernetes && !options.isLocalOnly) await removeFromCluster(builder, deps, options);
  if (!isOnKubernetes) options.onDelete?.();
  const keepDaemon = isOnKubernetes || options.isLocalOnly === true;
  await removeLocalEntry(deps, builder.name, { keepDaemon, signal: options.signal });
  await removePinnedKubeconfigs(builder, deps);
}

async function removeFromCluster(
  builder: Builder,
  { connections }: BuilderDeps,
  { signal, onDelete, onPodsLeft }: RemoveOptions,
): Promise<void> {
  try {
    const connection = await openBuilderCluster(builder, connections);
    try {
      let deleted = 0;
      for (const [namespace, workloads] of workloadsByNamespace(builder, connection.namespace)) {
        const deletion = { signal, onDelete, onPodsLeft };
        deleted += (await deleteBuilderObjects(connection.api, namespace, workloads, deletion)).length;
      }
      if (deleted === 0 && !isPinned(builder)) throw nothingFound(connection);
    } finally {
      connection.dispose();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new ClusterOutOfReach(t("The builder “{0}” was not removed. {1}", builder.name, error.message), {
      remedy: t("You can remove only its entry on this machine; its pods, if there are any, stay where they are."),
      cause: error,
    });
  }
}

function isPinned({ nodes }: Builder): boolean {
  return nodes.some(({ kubernetes }) => kubernetes?.kubeconfig !== undefined);
}

/** Without a kubeconfig of its own a builder is wherever the default one leads, which may have changed. */
function nothingFound({ name }: ClusterConnection): UserError {
  return new UserError(
    t("Nothing of it was found in the cluster {0}, where the kubeconfig leads now. It may be in another one.", name),
  );
}

function workloadsByNamespace(builder: Builder, defaultNamespace: string): ReadonlyMap<string, readonly string[]> {
  const all = builder.nodes.flatMap(({ kubernetes }) => kubernetes ?? []);
  const groups = Map.groupBy(all, ({ namespace }) => namespace ?? defaultNamespace);
  return new Map([...groups].map(([namespace, nodes]) => [namespace, nodes.map(({ workload }) => workload)]));
}

/** Only those in our own folder: others are the user's. */
async function removePinnedKubeconfigs({ nodes }: Builder, { kubeconfigFolder }: BuilderDeps): Promise<void> {
  const files = new Set(nodes.flatMap(({ kubernetes }) => kubernetes?.kubeconfig ?? []));
  for (const file of files) {
    if (dirname(resolve(file)) === resolve(kubeconfigFolder)) await removePin(file);
  }
}
