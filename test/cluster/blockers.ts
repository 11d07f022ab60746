import { existsSync, accessSync, constants, readFileSync } from "node:fs";
import { arch, platform, release } from "node:os";
import { gunzipSync } from "node:zlib";
import { outdatedBinaries } from "./goBinaries.ts";
import { LabError } from "./labError.ts";
import { readIfThere } from "./ledger.ts";
import { findProgram } from "./paths.ts";

/** Why the lab cannot run on this machine, each in a few words; empty where it can. Looks only, changes nothing. */
export function labBlockers(): string[] {
  if (platform() !== "linux") {
    return [`it needs Linux, and this is ${platform()}`]; // the rest cannot even be asked there
  }
  return [
    ...(arch() === "x64" ? [] : [`it needs an x86-64 machine, and this is ${arch()}`]),
    ...rightsBlockers(),
    ...kernelBlockers(),
    ...programBlockers(),
  ];
}

/** @throws {LabError} with all the reasons and the two ways out, where the lab cannot run. */
export function assertLabCanRun(): void {
  const blockers = labBlockers();
  if (blockers.length > 0) {
    throw new LabError(
      `The lab cannot run on this machine:\n${blockers.map((blocker) => `  - ${blocker}\n`).join("")}` +
        "Two ways out: point KUBECONFIG at a cluster of your own, or make one with kind and Docker " +
        "(`kind create cluster`, with a worker for each architecture).",
    );
  }
}

function rightsBlockers(): string[] {
  if (process.getuid?.() !== 0) {
    return ["it needs root (network bridges, mounts, cgroups)"];
  }
  // Root in an unprivileged container has neither of these.
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readIfThere("/proc/self/status"))?.[1] ?? "0"}`);
  const needed = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n };
  const missing = Object.entries(needed).filter(([, bit]) => (effective & (1n << bit)) === 0n);
  return [
    ...missing.map(([name]) => `it needs ${name}, which root does not have here (an unprivileged container?)`),
    ...(isWritable("/sys/fs/cgroup")
      ? []
      : ["it needs to write to /sys/fs/cgroup (a container without --privileged?)"]),
  ];
}

/** Kernels that do not tell their configuration get the benefit of the doubt. */
function kernelBlockers(): string[] {
  const config = kernelConfig();
  const needed = {
    OVERLAY_FS: "overlay file systems",
    BINFMT_MISC: "binfmt_misc",
    BRIDGE: "network bridges",
    VETH: "virtual Ethernet pairs",
    NET_NS: "network namespaces",
  };
  return Object.entries(needed)
    .filter(([option]) => config !== "" && !new RegExp(`^CONFIG_${option}=[ym]$`, "m").test(config))
    .map(([option, what]) => `it needs ${what}, and this kernel lacks them (CONFIG_${option})`);
}

function kernelConfig(): string {
  return existsSync("/proc/config.gz")
    ? gunzipSync(readFileSync("/proc/config.gz")).toString()
    : readIfThere(`/boot/config-${release()}`);
}

function programBlockers(): string[] {
  const missing = ["apt-get", "dpkg"].filter((name) => findProgram(name) === undefined);
  const distribution = /^ID="?([^"\n]*)/m.exec(readIfThere("/etc/os-release"))?.[1] ?? "";
  const compilesGo = outdatedBinaries().length > 0;
  return [
    // Its relatives keep arm64 packages on other mirrors than amd64 ones, or have none.
    ...(distribution === "debian" ? [] : [`it needs Debian, and this is ${distribution || "another distribution"}`]),
    ...(missing.length > 0 ? [`it needs Debian's ${missing.join(" and ")}`] : []),
    ...(compilesGo && findProgram("go") === undefined
      ? ["it needs Go, 1.21 or newer, to compile the cluster (once)"]
      : []),
  ];
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false; // also a read-only mount
  }
}
