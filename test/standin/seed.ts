import { clusterNodes, deployments, pods, replicaSets } from "./kinds.ts";
import { type KubeObject, timestamp } from "./objects.ts";
import type { Condition } from "./podObjects.ts";
import { readyStatus } from "./podStatus.ts";
import { randomSuffix } from "./resources.ts";
import type { Store } from "./store.ts";

/** What makes one cluster node differ from the next. */
export interface ClusterNodeSeed {
  readonly architecture?: string;
  /** Default: 8. */
  readonly cpu?: string;
  /** Default: `32Gi`. */
  readonly memory?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
}

/** Makes a ready cluster node as a kubelet reports it. */
export function seedClusterNode(store: Store, name: string, seed: ClusterNodeSeed = {}): KubeObject {
  const { architecture = "amd64", cpu = "8", memory = "32Gi", labels = {}, taints } = seed;
  const resources = { cpu, memory, pods: "250", "ephemeral-storage": "100Gi" };
  return store.create(clusterNodes, {
    metadata: {
      name,
      labels: {
        "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        ...labels,
      },
    },
    spec: taints ? { taints } : {},
    status: {
      allocatable: resources,
      capacity: resources,
      conditions: clusterNodeConditions(),
      addresses: [
        { type: "InternalIP", address: "127.0.0.1" },
        { type: "Hostname", address: name },
      ],
      nodeInfo: {
        architecture,
        operatingSystem: "linux",
        kubeletVersion: "v1.36.0",
        containerRuntimeVersion: "containerd://2.4.2",
        osImage: "Debian GNU/Linux 12 (bookworm)",
        kernelVersion: "6.1.0-40",
      },
    },
  });
}

function clusterNodeConditions(): readonly Condition[] {
  const lastTransitionTime = timestamp();
  const fine = (type: string, reason: string, message: string): Condition => ({
    type,
    status: "False",
    reason,
    message,
    lastTransitionTime,
  });
  return [
    fine("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    fine("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    fine("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    { ...fine("Ready", "KubeletReady", "kubelet is posting ready status"), status: "True" },
  ];
}

/** How large a cluster is to be. */
export interface Scale {
  readonly nodes: number;
  readonly pods: number;
  /** The pods' namespaces; they must be there. Default: `default`. */
  readonly namespaces?: readonly string[];
  /** True: the pods, and a Deployment for each ten of them, are those of builders. Default: some other program's. */
  readonly isBuildKit?: boolean;
}

/** Fills the cluster. Half of the nodes are arm64; the pods run, one tenth of them as many Deployments. */
export function seedScale(store: Store, { nodes, pods: podCount, namespaces = ["default"], isBuildKit }: Scale): void {
  for (let index = 0; index < nodes; index += 1) {
    const name = `node-${String(index).padStart(5, "0")}`;
    seedClusterNode(store, name, { architecture: index % 2 === 0 ? "amd64" : "arm64" });
  }
  const nodeNames = store.list(clusterNodes).map(({ metadata }) => metadata.name);
  for (let first = 0; first < podCount; first += 10) {
    const namespace = namespaces[(first / 10) % namespaces.length] ?? "default";
    seedWorkload(store, namespace, {
      app: `${isBuildKit ? "builder" : "web"}-${String(first / 10).padStart(5, "0")}`,
      container: isBuildKit ? "buildkitd" : "web",
      nodeNames: Array.from(
        { length: Math.min(10, podCount - first) },
        (_, offset) => nodeNames.at((first + offset) % nodeNames.length) ?? "",
      ),
    });
  }
}

interface WorkloadSeed {
  readonly app: string;
  readonly container: string;
  /** One pod on each. */
  readonly nodeNames: readonly string[];
}

function seedWorkload(store: Store, namespace: string, { app, container, nodeNames }: WorkloadSeed): void {
  const labels = { app };
  const podSpec = { containers: [{ name: container, image: "registry.example.com/team/program:1.2.3" }] };
  const spec = {
    replicas: nodeNames.length,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: podSpec },
  };
  const count = nodeNames.length;
  const available = { type: "Available", status: "True", lastTransitionTime: timestamp() };
  const counts = { observedGeneration: 1, replicas: count, readyReplicas: count, availableReplicas: count };
  const deployment = store.create(deployments, {
    metadata: { name: app, namespace, labels },
    spec,
    status: { ...counts, updatedReplicas: count, conditions: [available] },
  });
  const hash = "6d4c8f9b7";
  const replicaSet = store.create(replicaSets, {
    metadata: { name: `${app}-${hash}`, namespace, labels, ownerReferences: [ownedBy(deployment)] },
    spec,
    status: { ...counts, conditions: [] },
  });
  for (const nodeName of nodeNames) {
    store.create(pods, {
      metadata: {
        name: `${replicaSet.metadata.name}-${randomSuffix()}`,
        namespace,
        labels: { ...labels, "pod-template-hash": hash },
        ownerReferences: [ownedBy(replicaSet)],
      },
      spec: { ...podSpec, nodeName, restartPolicy: "Always", terminationGracePeriodSeconds: 30 },
      status: readyStatus(podSpec),
    });
  }
}

/** The entry that makes an object the controller of another. */
export function ownedBy({ apiVersion = "", kind = "", metadata: { name, uid = "" } }: KubeObject) {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true } as const;
}
