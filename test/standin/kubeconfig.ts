import { readFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";

/** The certificate that the stand-in shows; `none`: plain HTTP. The first is the good one. */
export type Certificate = "server" | "expired" | "othername" | "none";

const tlsDir = path.join(import.meta.dirname, "../fixtures/tls");

/** Key and certificate; undefined for plain HTTP. */
export function readCertificate(name: Certificate): { readonly key: Buffer; readonly cert: Buffer } | undefined {
  if (name === "none") return undefined;
  const [key, cert] = ["key", "crt"].map((type) => readFileSync(path.join(tlsDir, `${name}.${type}`)));
  if (!key || !cert) throw new Error(`no certificate ${name}`);
  return { key, cert };
}

/** Who signs in, and where. */
export interface SignIn {
  readonly server: string;
  readonly token: string;
  readonly user: string;
  /** Default: `default`. */
  readonly namespace?: string;
}

/** A kubeconfig with one context, `standin`, as YAML. */
export function kubeconfigText({ server, token, user, namespace = "default" }: SignIn): string {
  const authority = readFileSync(path.join(tlsDir, "ca.crt")).toString("base64");
  const isSecure = server.startsWith("https:");
  // client-node refuses plain HTTP without the second; with plain HTTP it means nothing.
  const trust = isSecure ? { "certificate-authority-data": authority } : { "insecure-skip-tls-verify": true };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "standin", cluster: { server, ...trust } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: "standin", context: { cluster: "standin", user, namespace } }],
    "current-context": "standin",
  });
}
