import { createHash } from "node:crypto";
import { join } from "node:path";
import { runDir } from "./paths.ts";

export type Architecture = "amd64" | "arm64";

/** One Kubernetes node of the lab: a kubelet with its own containerd, bridge and cgroup on this machine. */
export interface LabNode {
  readonly name: string;
  readonly architecture: Architecture;
  readonly bridge: string;
  /** The node's address, its bridge's: a kubelet refuses loopback, and distinct ones let both use the same port. */
  readonly address: string;
  /** The first three bytes of the pods' addresses. */
  readonly network: string;
  readonly healthPort: number;
  readonly dir: string;
  /** containerd's sockets and mounts. Under /run and short: the path of a socket may have 107 bytes. */
  readonly stateDir: string;
  readonly socket: string;
}

// A lab with another cache folder must not take down this one's containers.
const labId = createHash("sha256").update(runDir).digest("hex").slice(0, 8);

export const labNodes: readonly LabNode[] = [labNode("amd64", 1), labNode("arm64", 2)];

function labNode(architecture: Architecture, index: number): LabNode {
  const stateDir = `/run/multiarch-lab-${labId}/${architecture}`;
  return {
    name: `node-${architecture}`,
    architecture,
    bridge: `lab-${architecture}`,
    address: `10.244.${index}.1`,
    network: `10.244.${index}`,
    healthPort: 10240 + index,
    dir: join(runDir, "nodes", architecture),
    stateDir,
    socket: join(stateDir, "containerd.sock"),
  };
}
