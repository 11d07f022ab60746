import { access } from "node:fs/promises";
import { removeArgs } from "../buildx/args.ts";
import type { BuildxCli } from "../buildx/cli.ts";
import { lastError } from "../buildx/status.ts";
import { instancePath } from "../buildx/store.ts";
import type { ClusterConnections } from "../cluster/cluster.ts";
import { UserError } from "../errors.ts";
import { t } from "../l10n.ts";

/** What creating and removing builders works with. */
export interface BuilderDeps {
  readonly cli: BuildxCli;
  /** The environment of the cli, which says where buildx's store is. */
  readonly env: NodeJS.ProcessEnv;
  readonly connections: ClusterConnections;
  /** Our own folder for the kubeconfigs that pin builders to their clusters; each lives as long as its builder. */
  readonly kubeconfigFolder: string;
}

const removeTimeoutMs = 30_000;

/**
 * Removes a builder from buildx's store and leaves its machines alone. It is fine when there was none.
 *
 * @throws UserError when it is still there afterwards
 */
export async function removeLocalEntry(
  { cli, env }: Pick<BuilderDeps, "cli" | "env">,
  builder: string,
  options: { readonly keepDaemon?: boolean; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { keepDaemon = true, signal } = options;
  const { stderr } = await cli.run(removeArgs(builder, { keepDaemon }), { signal, timeoutMs: removeTimeoutMs });
  const isLeft = await access(instancePath(env, builder)).then(
    () => true,
    () => false,
  );
  if (isLeft) throw new UserError(t("buildx cannot remove the builder “{0}”: {1}", builder, lastError(stderr)));
}
