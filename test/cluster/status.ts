import { existsSync } from "node:fs";
import { isAlive, readLedger } from "./ledger.ts";
import { isInApi, readFromApi } from "./api.ts";
import type { Architecture } from "./nodes.ts";
import { labNodes } from "./nodes.ts";
import { completionPath, kubeconfigPath, labBuildkitdConfig, labRegistry, logDir } from "./paths.ts";
import { fastProbesPath } from "./policies.ts";

import { isRegistryUp } from "./registry.ts";

export interface NodeStatus {
  readonly name: string;
  readonly architecture: Architecture;
  /** Ready, with the right architecture in its label and its status. */
  readonly isReady: boolean;
}

export interface ProcessStatus {
  readonly name: string;
  readonly pid: number;
  readonly isAlive: boolean;
}

export interface LabStatus {
  /** `broken`: something of the lab is there, not all of it works. `up` and `down` both put that in order. */
  readonly state: "up" | "down" | "broken";
  readonly nodes: readonly NodeStatus[];
  readonly processes: readonly ProcessStatus[];
  readonly isRegistryUp: boolean;
  readonly hasFastProbes: boolean;
  readonly kubeconfig: string;
  readonly registry: string;
  readonly buildkitdConfig: string;
  readonly logDir: string;
}

export async function labStatus(): Promise<LabStatus> {
  const processes = readLedger().map((entry) => ({ name: entry.name, pid: entry.pid, isAlive: isAlive(entry) }));
  const isDown = processes.length === 0;
  const [nodes, isRegistry, hasFastProbes] = isDown
    ? [[], false, false]
    : await Promise.all([readNodes(), isRegistryUp(), isInApi(fastProbesPath)]);
  const works =
    existsSync(completionPath) &&
    processes.every((one) => one.isAlive) &&
    isRegistry &&
    nodes.length === labNodes.length &&
    nodes.every(({ isReady }) => isReady);
  return {
    state: isDown ? "down" : works ? "up" : "broken",
    nodes,
    processes,
    isRegistryUp: isRegistry,
    hasFastProbes,
    kubeconfig: kubeconfigPath,
    registry: labRegistry,
    buildkitdConfig: labBuildkitdConfig,
    logDir,
  };
}

/** The status as a person wants to read it. */
export function formatStatus(status: LabStatus): string {
  if (status.state === "down") {
    return "The lab is down. `npm run lab -- up` starts it.";
  }
  const dead = status.processes.filter((one) => !one.isAlive).map(({ name }) => name);
  return [
    status.state === "up" ? "The lab is up." : "The lab is broken. `npm run lab -- up` starts it anew.",
    ...status.nodes.map(({ name, isReady }) => `  ${name.padEnd(12)} ${isReady ? "Ready" : "not ready"}`),
    `  processes    ${status.processes.length - dead.length} run${dead.length > 0 ? `, ended: ${dead.join(", ")}` : ""}`,
    `  registry     ${status.registry} (plain http)${status.isRegistryUp ? "" : ", no answer"}`,
    `  probes       ${status.hasFastProbes ? "every second (--fast-probes)" : "buildx's own"}`,
    `  kubeconfig   ${status.kubeconfig}`,
    `  buildkitd    ${status.buildkitdConfig}`,
    `  logs         ${status.logDir}`,
  ].join("\n");
}

interface KubernetesNode {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly nodeInfo: { readonly architecture: string };
  };
}

/** The lab's nodes that the API server knows; none while it does not answer. */
export async function readNodes(): Promise<NodeStatus[]> {
  const list = await readFromApi("/api/v1/nodes");
  const { items } = JSON.parse(list ?? '{"items":[]}') as { items: readonly KubernetesNode[] };
  return labNodes.flatMap(({ name, architecture }) => {
    const node = items.find(({ metadata }) => metadata.name === name);
    return node ? [{ name, architecture, isReady: isNodeReady(node, architecture) }] : [];
  });
}

function isNodeReady({ metadata, status }: KubernetesNode, architecture: Architecture): boolean {
  return (
    metadata.labels?.["kubernetes.io/arch"] === architecture &&
    status.nodeInfo.architecture === architecture &&
    (status.conditions ?? []).some(({ type, status: value }) => type === "Ready" && value === "True")
  );
}
