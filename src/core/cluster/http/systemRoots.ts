import { once } from "node:events";
import { getCACertificates } from "node:tls";
import { Worker } from "node:worker_threads";

/**
 * The certificates of the authorities that Node and the operating system trust. Reading the system's takes half a
 * second of processor time and has no asynchronous form, so a worker does it, once.
 */
export async function systemRoots(): Promise<string[]> {
  roots ??= readRoots().catch((error: unknown) => {
    roots = undefined;
    throw error;
  });
  return roots;
}

let roots: Promise<string[]> | undefined;

async function readRoots(): Promise<string[]> {
  const script = `const { parentPort } = require("node:worker_threads");
    parentPort.postMessage(require("node:tls").getCACertificates("system"));`;
  const worker = new Worker(script, { eval: true, execArgv: [] });
  const [certificates] = (await once(worker, "message")) as [string[]];
  return [...getCACertificates("default"), ...certificates];
}

/** True for an error that says that the server's certificate is of no authority that is trusted. */
export function isUntrusted(error: unknown): boolean {
  return error instanceof Error && "code" in error && untrustedCodes.has(String(error.code));
}

const untrustedCodes = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);
