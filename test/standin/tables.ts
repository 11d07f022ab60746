import type { Kind } from "./kinds.ts";
import { type Fields, type KubeObject, textIn } from "./objects.ts";
import type { ClusterNodeObject, ContainerStatus, PodObject, WorkloadObject } from "./podObjects.ts";

/** True for a client that wants rows to print, as `kubectl get` does. */
export function wantsTable(accept: string | undefined): boolean {
  return /as=Table;v=v1;g=meta\.k8s\.io/.test(accept ?? "");
}

/** Objects as rows for `kubectl get`; `withColumns`: false for all but the first event of a watch. */
export function tableOf(kind: Kind, objects: readonly KubeObject[], metadata: Fields): Fields {
  const columns = columnsOf(kind);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns.map(({ name }) => ({ name, type: "string", format: "", description: "", priority: 0 })),
    rows: objects.map((object) => ({
      cells: columns.map((one) => one.cell(object)),
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata },
    })),
  };
}

interface Column {
  readonly name: string;
  cell(object: KubeObject): string;
}

function columnsOf({ plural }: Kind): readonly Column[] {
  const name = column("Name", ({ metadata }) => metadata.name);
  const age = column("Age", ({ metadata }) => ageText(metadata.creationTimestamp));
  switch (plural) {
    case "pods":
      return [name, ...podColumns, age];
    case "nodes":
      return [name, ...clusterNodeColumns, age];
    case "deployments":
    case "statefulsets":
    case "replicasets":
      return [name, column("Ready", readyText), age];
    case "namespaces":
      return [name, column("Status", ({ status }) => textIn(status, "phase")), age];
    case "events":
      return [
        column("Last Seen", ({ metadata }) => ageText(metadata.creationTimestamp)),
        ...["type", "reason", "message"].map((field) => column(field, (object) => textIn(object, field))),
      ];
    default:
      return [name, age];
  }
}

function column(name: string, cell: (object: KubeObject) => string): Column {
  return { name, cell };
}

const podColumns: readonly Column[] = [
  column("Ready", (object) => {
    const statuses = (object as PodObject).status?.containerStatuses ?? [];
    const wanted = (object as PodObject).spec.containers?.length ?? 0;
    return `${statuses.filter(({ ready }) => ready).length}/${wanted}`;
  }),
  column("Status", (object) => podStatusText(object as PodObject)),
  column("Restarts", (object) => {
    const statuses = (object as PodObject).status?.containerStatuses ?? [];
    return String(statuses.reduce((sum, { restartCount }) => sum + restartCount, 0));
  }),
];

const clusterNodeColumns: readonly Column[] = [
  column("Status", (object) => {
    const { spec, status } = object as ClusterNodeObject;
    const isReady = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
    return `${isReady ? "Ready" : "NotReady"}${spec?.unschedulable ? ",SchedulingDisabled" : ""}`;
  }),
  column("Roles", () => "<none>"),
  column("Version", (object) => textIn((object as ClusterNodeObject).status?.nodeInfo, "kubeletVersion")),
];

function podStatusText({ metadata, status }: PodObject): string {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const reason = (status?.containerStatuses ?? []).map(stateReason).find((text) => text !== undefined);
  return reason ?? status?.reason ?? status?.phase ?? "";
}

function stateReason({ state }: ContainerStatus): string | undefined {
  return state?.waiting?.reason ?? state?.terminated?.reason;
}

function readyText(object: KubeObject): string {
  const { spec, status } = object as WorkloadObject;
  return `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`;
}

/** `42s`, `5m`, `3h`, `2d`. */
function ageText(created: string | undefined): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(created ?? "")) / 1000));
  if (Number.isNaN(seconds)) return "<unknown>";
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
