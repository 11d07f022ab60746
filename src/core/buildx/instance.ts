import { normalizePlatform } from "../platform.ts";
import type { BuilderNode } from "./builder.ts";
import { isRecord } from "../json.ts";

/** What an instance file of buildx's store describes. */
export interface Instance {
  readonly name: string;
  readonly driver: string;
  readonly nodes: readonly BuilderNode[];
}

/**
 * Parses an instance file (`NodeGroup` of buildx, `store/nodegroup.go`).
 *
 * @throws Error when it is no JSON or not of that shape
 */
export function parseInstance(json: string): Instance {
  const value: unknown = JSON.parse(json);
  if (!isRecord(value) || typeof value["Name"] !== "string" || value["Name"] === "") {
    throw new TypeError("it has no builder name");
  }
  const driver = stringOf(value["Driver"]);
  const nodes = value["Nodes"] ?? [];
  if (!Array.isArray(nodes)) throw new TypeError("its list of nodes is no list");
  return { name: value["Name"], driver, nodes: nodes.map((node: unknown) => parseNode(node, driver)) };
}

function parseNode(value: unknown, driver: string): BuilderNode {
  if (!isRecord(value)) throw new TypeError("a node of it is no object");
  const name = stringOf(value["Name"]);
  const endpoint = stringOf(value["Endpoint"]);
  const driverOptions = stringMapOf(value["DriverOpts"]);
  return {
    name,
    endpoint,
    platforms: platformsOf(value["Platforms"]),
    driverOptions,
    ...(driver === "kubernetes" ? { kubernetes: kubernetesFields(name, endpoint, driverOptions) } : {}),
  };
}

function kubernetesFields(
  name: string,
  endpoint: string,
  options: Readonly<Record<string, string>>,
): NonNullable<BuilderNode["kubernetes"]> {
  return {
    // The endpoint has a `deployment` too, but it need not be the one that exists (`driver/kubernetes/factory.go`).
    workload: name.replaceAll("_", "-"),
    namespace: options["namespace"] || undefined,
    replicas: replicasOf(options["replicas"]),
    kubeconfig: (URL.canParse(endpoint) && new URL(endpoint).searchParams.get("kubeconfig")) || undefined,
  };
}

function replicasOf(option: string | undefined): number {
  return option !== undefined && /^\d+$/.test(option) ? Number(option) : 1;
}

function platformsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isRecord)
    .map(({ os, architecture, variant }) => [os, architecture, variant].filter(Boolean).join("/"))
    .map(normalizePlatform)
    .filter((platform) => platform !== undefined);
}

function stringMapOf(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
