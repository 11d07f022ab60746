import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Everything the lab builds and runs, outside the repository: made once per machine, shared by all checkouts. */
export const cacheDir = resolve(
  process.env.MULTI_ARCH_LAB_DIR || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "multiarch-lab"),
);

/** The compiled programs; first in the lab's PATH. */
export const binDir = join(cacheDir, "bin");
/** Debian packages, unpacked and not installed. */
export const packageDir = join(cacheDir, "pkg");
/** Container images, ready to be imported or pushed. */
export const imageDir = join(cacheDir, "images");
/** The running cluster: ledger, keys, configuration, state, logs. */
export const runDir = join(cacheDir, "run");
/** One log per process; stays after `down`. */
export const logDir = join(runDir, "log");
/** Keys and tokens; kept from one `up` to the next. */
export const keyDir = join(runDir, "pki");
/** Configuration written at `up`. */
export const configDir = join(runDir, "etc");

/** The administrator's kubeconfig of the running cluster. */
export const kubeconfigPath = join(runDir, "kubeconfig");
/** There from the end of `up` to the beginning of `down`. */
export const completionPath = join(runDir, "complete");
/** A buildkitd configuration for builders on the lab: its registry is plain http. */
export const labBuildkitdConfig = join(runDir, "buildkitd.toml");

export const ports = { api: 16443, etcd: 12379, etcdPeer: 12380, registry: 5000, kubelet: 10250 } as const;
/** This machine, as both nodes' pods reach it: the first node's bridge. */
export const labAddress = "10.244.1.1";
export const labRegistry = `${labAddress}:${ports.registry}`;

/** What a program needs in its environment to work with the lab; the rest is the caller's. */
export function labEnv(): { KUBECONFIG: string; PATH: string } {
  return { KUBECONFIG: kubeconfigPath, PATH: [binDir, ...searchPath()].join(":") };
}

/** Where a program is, if it is on this machine. */
export function findProgram(name: string): string | undefined {
  return searchPath()
    .map((dir) => join(dir, name))
    .find((path) => existsSync(path));
}

/** With the administrator's folders, which `su` and some shells leave out. */
function searchPath(): string[] {
  return [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
}
