import { access, readFile } from "node:fs/promises";
import path from "node:path";
import type { KubeconfigContent } from "./kubeconfigFile.ts";

const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The cluster that this process runs in as a pod, as a kubeconfig with one context named `in-cluster`.
 *
 * @returns undefined outside a pod, or in a pod without a service account token
 */
export async function inClusterContent(
  env: Readonly<NodeJS.ProcessEnv>,
  folder = serviceAccountFolder,
): Promise<KubeconfigContent | undefined> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  if (!host || !port) return undefined;
  const tokenFile = path.join(folder, "token");
  if (!(await isReadable(tokenFile))) return undefined;
  const certificateAuthority = path.join(folder, "ca.crt");
  const namespaceFile = path.join(folder, "namespace");
  const namespace = (await isReadable(namespaceFile)) ? (await readFile(namespaceFile, "utf8")).trim() : "default";
  const name = "in-cluster";
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    clusters: new Map([[name, { server, "certificate-authority": certificateAuthority }]]),
    users: new Map([[name, { tokenFile }]]),
    contexts: new Map([[name, { cluster: name, user: name, namespace }]]),
    currentContext: name,
  };
}

async function isReadable(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
