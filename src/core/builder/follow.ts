import type { Builder } from "../buildx/builder.ts";
import type { ClusterConnection, ClusterConnections } from "../cluster/cluster.ts";
import { onDidChangeFiles } from "../fileChanges.ts";
import { kubeconfigFiles } from "../cluster/kubeconfig.ts";
import { isNamespaceMissing as isMissing } from "../cluster/namespaces.ts";
import { troubleOf } from "../errors.ts";
import { DisposableStore, type Disposable } from "../event.ts";
import { namespaceOf, openBuilderCluster } from "./builderCluster.ts";
import { ProbeQuickener } from "./quicken.ts";
import type { BuilderStatus, ClusterView } from "./status.ts";

/** A kubernetes builder as its cluster sees it. */
export interface FollowedBuilder {
  readonly status: BuilderStatus;
  /** What tells where its platforms are built; present once the cluster has answered. */
  readonly view?: ClusterView;
}

/** How a builder is followed. */
export interface FollowOptions {
  /**
   * Whether to quicken the readiness probes of Deployments that buildx makes anew: a builder of ours whose workloads
   * were deleted. Only where buildx sends no builds to pods that are being deleted, as the first ones then are.
   */
  readonly quickens?: boolean;
}

/**
 * Follows a kubernetes builder's pods, workloads and cluster nodes until disposed, and calls back with all that is
 * known whenever it changes. Trouble is a status, never an exception; it mends itself.
 */
export function followBuilder(
  builder: Builder,
  connections: ClusterConnections,
  env: NodeJS.ProcessEnv,
  onChange: (followed: FollowedBuilder) => void,
  options: FollowOptions = {},
): Disposable {
  const all = new DisposableStore();
  let current: Disposable | undefined;
  let isDisposed = false;
  const connect = async (): Promise<void> => {
    const connection = await openBuilderCluster(builder, connections);
    if (isDisposed) {
      connection.dispose();
      return;
    }
    current?.dispose();
    const following = new DisposableStore();
    following.add(connection.onDidMove(tryToConnect));
    if (options.quickens) following.add(quickenNew(builder, connection));
    following.add(followConnection(builder, connection, onChange));
    current = following;
  };
  const tryToConnect = (): void => {
    connect().catch((error: unknown) => {
      if (!isDisposed) onChange({ status: { kind: "unreachable", ...troubleOf(error) } });
    });
  };
  // A file that could not be used may be mended; a connection that was made follows its kubeconfig by itself.
  const files = builder.nodes.flatMap((node) => node.kubernetes?.kubeconfig ?? []);
  all.add(
    onDidChangeFiles(files.length > 0 ? files : kubeconfigFiles({ env }), () => {
      if (!current) tryToConnect();
    }),
  );
  tryToConnect();
  return {
    dispose: () => {
      isDisposed = true;
      all.dispose();
      current?.dispose();
    },
  };
}

/** Only what was never ready: another build may be at work in the rest, and to change it replaces its pods. */
function quickenNew(builder: Builder, connection: ClusterConnection): Disposable {
  const end = new AbortController();
  const quickener = new ProbeQuickener(connection.api, end.signal);
  const names = new Set(builder.nodes.map((node) => node.kubernetes?.workload));
  const workloads = connection.workloads(namespaceOf(builder, connection));
  const look = (): void => {
    const own = workloads.current.items.filter(({ name }) => names.has(name));
    for (const workload of own)
      if (!workload.wasReady && workload.readyReplicas === 0) void quickener.quicken(workload);
    void quickener.restore(own.filter(({ readyReplicas, replicas }) => readyReplicas >= replicas));
  };
  const subscription = workloads.onDidChange(look);
  look();
  return {
    dispose: () => {
      end.abort();
      subscription.dispose();
    },
  };
}

function followConnection(
  builder: Builder,
  connection: ClusterConnection,
  onChange: (followed: FollowedBuilder) => void,
): Disposable {
  const namespace = namespaceOf(builder, connection);
  const nodes = connection.nodes();
  const pods = connection.pods(namespace);
  const workloads = connection.workloads(namespace);
  const end = new AbortController();
  let seen: unknown;
  let isNamespaceMissing = false;
  const lookForNamespace = async (): Promise<void> => {
    const wasMissing = isNamespaceMissing;
    isNamespaceMissing = await isMissing(connection.api, namespace, end.signal);
    if (isNamespaceMissing !== wasMissing) tell();
  };
  const tell = (): void => {
    const { status, items } = workloads.current;
    // With nothing ready there the namespace may be going, and everything with it.
    const isDoubtful = status.kind === "live" && items.every(({ readyReplicas }) => readyReplicas === 0);
    if (!isDoubtful) isNamespaceMissing = false;
    else if (items !== seen) void lookForNamespace();
    seen = items;
    const cluster = {
      name: connection.name,
      server: connection.server,
      namespace,
      isNamespaceMissing,
      pods: pods.current,
      workloads: workloads.current,
    };
    const isKnown = pods.current.status.kind === "live";
    onChange({
      status: { kind: "kubernetes", cluster },
      ...(isKnown && { view: { clusterNodes: nodes.current.items, pods: pods.current.items } }),
    });
  };
  const all = new DisposableStore();
  all.add({ dispose: () => end.abort() });
  all.add(connection);
  for (const resource of [nodes.onDidChange, pods.onDidChange, workloads.onDidChange]) all.add(resource(tell));
  tell();
  return all;
}
