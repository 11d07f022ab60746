import { t } from "../l10n.ts";

/** What decides about the driver options of one node of a new builder. */
export interface NodeOptions {
  readonly namespace: string;
  readonly architecture: string;
  readonly replicas: number;
  /** Whether the cluster has machines that run no Linux, on which BuildKit must not land. */
  readonly hasOtherSystems?: boolean;
  /** What the user adds. */
  readonly driverOptions?: Readonly<Record<string, string>>;
}

/** How long buildx waits for a node's pods, here and at every later boot. Pulling the image may take minutes. */
const bootTimeout = "300s";

/**
 * The options of buildx's kubernetes driver (`driver/kubernetes/factory.go`) that bind a node to machines of its
 * architecture.
 *
 * @param knows.timeout whether this buildx knows the option `timeout`
 */
export function driverOptionsOf(
  { namespace, architecture, replicas, hasOtherSystems = false, driverOptions = {} }: NodeOptions,
  knows: { readonly timeout: boolean },
): Readonly<Record<string, string>> {
  const { nodeselector, ...others } = driverOptions;
  const labels = [`kubernetes.io/arch=${architecture}`, hasOtherSystems && "kubernetes.io/os=linux", nodeselector];
  return {
    namespace,
    replicas: String(replicas),
    nodeselector: labels.filter(Boolean).join(","),
    ...(knows.timeout ? { timeout: bootTimeout } : {}),
    ...others,
  };
}

/** What is wrong with options that the user adds, as a sentence; undefined when nothing is. buildx checks the rest. */
export function validateDriverOptions(options: Readonly<Record<string, string>>): string | undefined {
  for (const [key, value] of Object.entries(options)) {
    if (key === "namespace" || key === "replicas") return t("The driver option “{0}” has a field of its own.", key);
    if (key === "nodeselector" && value.includes("kubernetes.io/arch=")) {
      return t("The driver option “nodeselector” must not name an architecture: each node has its own.");
    }
    // The mere presence of the key selects the rootless image (`driver/kubernetes/factory.go`).
    if (key === "rootless" && value !== "true") return t("Leave out the driver option “rootless” unless it is true.");
  }
  return undefined;
}

/** True for options that make buildx keep the build cache in volume claims, which outlive the builder. */
export function usesVolumeClaims(driverOptions: Readonly<Record<string, string>>): boolean {
  return "persistent-volume-claim.requests.storage" in driverOptions;
}
