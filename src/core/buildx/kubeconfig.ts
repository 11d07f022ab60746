import { access } from "node:fs/promises";
import { UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import type { Builder } from "./builder.ts";

/** Which kubeconfig buildx uses for a builder. */
export type BuilderKubeconfig =
  /** The file the builder was created with. */
  | { readonly kind: "file"; readonly path: string }
  /** None of its own: the default kubeconfig of the moment, or the builder is not on Kubernetes. */
  | { readonly kind: "default" }
  /**
   * The file it was created with is gone. buildx would silently use the default kubeconfig instead, and with it
   * perhaps another cluster (`driver/kubernetes/context/load.go`).
   */
  | { readonly kind: "missing"; readonly path: string };

/** Finds out which kubeconfig a builder uses; every command for that builder is given the same. */
export async function kubeconfigOf(builder: Builder): Promise<BuilderKubeconfig> {
  const paths = new Set(builder.nodes.flatMap((node) => node.kubernetes?.kubeconfig ?? []));
  const [first] = paths;
  if (first === undefined) return { kind: "default" };
  // Each node has its own file, and for each of them buildx would fall back.
  for (const path of paths) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (!isThere) return { kind: "missing", path };
  }
  return { kind: "file", path: first };
}

/**
 * The kubeconfig to give to a command that builds; undefined: the default one.
 *
 * @throws UserError when the builder's own is gone
 */
export async function requireKubeconfig(builder: Builder): Promise<string | undefined> {
  const kubeconfig = await kubeconfigOf(builder);
  switch (kubeconfig.kind) {
    case "file":
      return kubeconfig.path;
    case "default":
      return undefined;
    case "missing":
      throw new UserError(
        t("The builder “{0}” belongs to a kubeconfig that is gone: {1}", builder.name, kubeconfig.path),
        {
          remedy: t(
            "Without it the build could end up on another cluster. Restore the file or create the builder again.",
          ),
        },
      );
  }
}
