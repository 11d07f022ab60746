import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { labNodes } from "./nodes.ts";
import { configDir, keyDir, kubeconfigPath, ports } from "./paths.ts";
import { runTool } from "./processes.ts";

interface User {
  readonly name: string;
  /** What Kubernetes knows the token's bearer as. */
  readonly kubernetesName: string;
  readonly group?: string;
}

const users: readonly User[] = [
  { name: "admin", kubernetesName: "admin", group: "system:masters" },
  { name: "controller-manager", kubernetesName: "system:kube-controller-manager" },
  { name: "scheduler", kubernetesName: "system:kube-scheduler" },
  ...labNodes.map(({ name }) => ({ name, kubernetesName: `system:node:${name}`, group: "system:nodes" })),
];

/** The certificate that everybody trusts. */
export const authorityPath = join(keyDir, "ca.crt");

/** Makes a certificate authority, its certificates and everybody's token, if this machine has none yet. */
export async function ensureKeys(): Promise<void> {
  const done = join(keyDir, "complete");
  if (existsSync(done)) {
    return;
  }
  rmSync(keyDir, { recursive: true, force: true });
  mkdirSync(keyDir, { recursive: true, mode: 0o700 });
  await openssl(["req", "-x509", ...newKey("ca"), "-out", "ca.crt", "-subj", "/CN=lab-ca", "-days", "3650"]);
  const names = ["DNS:localhost", "DNS:kubernetes.default.svc", "IP:127.0.0.1", "IP:10.96.0.1"];
  await certify("apiserver", "/CN=kube-apiserver", `subjectAltName=${names.join(",")}`);
  await certify("kubelet-client", "/O=system:masters/CN=apiserver-kubelet-client", "");
  await openssl(["genrsa", "-out", "sa.key", "2048"]);
  const rows = users.map(({ name, kubernetesName, group }) => {
    writeFileSync(tokenPath(name), randomBytes(16).toString("hex"));
    return `${readFileSync(tokenPath(name), "utf8")},${kubernetesName},${name}${group ? `,"${group}"` : ""}\n`;
  });
  writeFileSync(join(keyDir, "tokens.csv"), rows.join(""));
  for (const file of readdirSync(keyDir)) {
    chmodSync(join(keyDir, file), 0o600);
  }
  writeFileSync(done, "");
}

export function tokenPath(user: string): string {
  return join(keyDir, `${user}.token`);
}

/** One kubeconfig for each component, and the administrator's where everybody looks for it. */
export function writeKubeconfigs(): void {
  for (const { name } of users) {
    writeFileSync(join(configDir, `${name}.kubeconfig`), kubeconfig(name), { mode: 0o600 });
  }
  writeFileSync(kubeconfigPath, kubeconfig("admin"), { mode: 0o600 });
}

async function certify(name: string, subject: string, extensions: string): Promise<void> {
  writeFileSync(join(keyDir, `${name}.ext`), extensions);
  await openssl(["req", "-new", ...newKey(name), "-out", `${name}.csr`, "-subj", subject]);
  const authority = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650"];
  const files = ["-in", `${name}.csr`, "-out", `${name}.crt`, "-extfile", `${name}.ext`];
  await openssl(["x509", "-req", ...files, ...authority]);
}

function newKey(name: string): string[] {
  return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`];
}

function openssl(args: readonly string[]) {
  return runTool("openssl", args, { cwd: keyDir });
}

function kubeconfig(user: string): string {
  const authority = readFileSync(authorityPath).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "lab", cluster: { server: `https://127.0.0.1:${ports.api}`, "certificate-authority-data": authority } },
    ],
    users: [{ name: user, user: { token: readFileSync(tokenPath(user), "utf8") } }],
    contexts: [{ name: "lab", context: { cluster: "lab", user, namespace: "default" } }],
    "current-context": "lab",
  });
}
