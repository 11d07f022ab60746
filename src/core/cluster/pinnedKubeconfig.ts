import { writePrivateFile } from "../files.ts";
import type { ClusterAccess } from "./kubeconfig.ts";

/**
 * The text of a kubeconfig with this one context only. It stands on its own: file references are absolute, and exec
 * plugins and other means of signing in are kept as they are.
 */
export async function minifiedKubeconfig({ context, cluster, user }: ClusterAccess): Promise<string> {
  const { stringify } = await import("./yaml.ts");
  const userName = context.user === "" ? "user" : context.user;
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: context.cluster, cluster }],
      users: [{ name: userName, user }],
      contexts: [
        {
          name: context.name,
          context: { cluster: context.cluster, user: userName, namespace: context.namespace },
        },
      ],
      "current-context": context.name,
    },
    // Certificates are one long line of base64; a folded one is valid, but no other tool writes it.
    { lineWidth: 0 },
  );
}

/** Writes {@link minifiedKubeconfig} to `file`, readable by its owner only. */
export async function writePinnedKubeconfig(file: string, access: ClusterAccess): Promise<void> {
  await writePrivateFile(file, await minifiedKubeconfig(access));
}
