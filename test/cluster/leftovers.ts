import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { labNodes } from "./nodes.ts";
import type { LabNode } from "./nodes.ts";
import { runDir } from "./paths.ts";

const shimSockets = "/run/containerd/s";
const networkResults = "/var/lib/cni/results";
const containerLogs = "/var/log/containers";
const pluginSocket = "/var/lib/kubelet/device-plugins/kubelet.sock";

/**
 * Removes what the lab's programs write to places that cannot be configured, where those of another Kubernetes on this
 * machine would be, too. Needs the nodes' state folders.
 */
export function removeLeftovers(): void {
  const files = [
    ...labNodes.flatMap(shimSocketPaths),
    ...networkResultPaths(),
    ...containerLogLinks(),
    ...deadSocket(),
  ];
  for (const file of files) {
    rmSync(file, { force: true });
  }
  for (const dir of [shimSockets, networkResults, containerLogs, dirname(pluginSocket)]) {
    removeIfEmpty(dir);
  }
  for (const dir of ["/run/containerd", "/var/lib/cni", "/var/lib/kubelet"]) {
    removeIfEmpty(dir);
  }
}

/** The containers of a node, as its state folder has them; that outlives containerd and its shims. */
export function containerIds({ stateDir }: LabNode): string[] {
  return namesIn(join(stateDir, "io.containerd.runtime.v2.task", "k8s.io"));
}

export function namesIn(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}

export function removeIfEmpty(dir: string): void {
  if (existsSync(dir) && readdirSync(dir).length === 0) {
    rmdirSync(dir);
  }
}

/** Named by containerd: `SocketAddress` in its pkg/shim/util_unix.go. */
function shimSocketPaths(node: LabNode): string[] {
  return containerIds(node).map((id) => {
    const name = createHash("sha256").update(`${node.socket}/k8s.io/${id}`).digest("hex");
    return join(shimSockets, name);
  });
}

/** One for each pod, named by its network, sandbox and interface. */
function networkResultPaths(): string[] {
  const ids = labNodes.flatMap(containerIds);
  return namesIn(networkResults)
    .filter((name) => ids.some((id) => name.includes(id)))
    .map((name) => join(networkResults, name));
}

/** The kubelets link every container's log there, whatever their own folders are. */
function containerLogLinks(): string[] {
  const entries = existsSync(containerLogs) ? readdirSync(containerLogs, { withFileTypes: true }) : [];
  const links = entries.filter((one) => one.isSymbolicLink()).map(({ name }) => join(containerLogs, name));
  return links.filter((path) => readlinkSync(path).startsWith(`${runDir}/`));
}

/** A kubelet's socket that nobody listens on any more. */
function deadSocket(): string[] {
  return readFileSync("/proc/net/unix", "utf8").includes(` ${pluginSocket}\n`) ? [] : [pluginSocket];
}
