import type { Pod, PodState, Workload } from "../cluster/objects.ts";
import { t } from "../l10n.ts";

/** One builder node that is being started. */
export interface BootedNode {
  readonly architecture: string;
  /** Name of its workload, which is also the `app` label of its pods. */
  readonly workload: string;
  readonly replicas: number;
}

/** How far one architecture of a new builder is. `text` is a phrase in lower case, made to follow the name. */
export interface ArchitectureProgress {
  readonly architecture: string;
  readonly kind: "waiting" | "starting" | "stuck" | "ready";
  readonly text: string;
}

/** What is known of the cluster side of a builder that is being started. */
export interface BootView {
  readonly workloads: readonly Workload[];
  readonly pods: readonly Pod[];
}

/** Tells how far each architecture is, by its most troubled pod. */
export function bootProgress(nodes: readonly BootedNode[], view: BootView): ArchitectureProgress[] {
  return nodes.map((node) => ({ architecture: node.architecture, ...progressOf(node, view) }));
}

/**
 * True when every replica is ready and no pod is left that the first build could be sent to and that is about to go.
 *
 * @param avoidsTerminating whether buildx sends no builds to pods that are being deleted, as it does from 0.37 on
 */
export function isSettled(nodes: readonly BootedNode[], pods: readonly Pod[], avoidsTerminating: boolean): boolean {
  return nodes.every(({ workload, replicas }) => {
    const own = pods.filter(
      ({ app, state }) => app === workload && !(avoidsTerminating && state.kind === "terminating"),
    );
    return own.length === replicas && own.every(({ state }) => state.kind === "ready");
  });
}

function progressOf({ workload, replicas }: BootedNode, view: BootView): Omit<ArchitectureProgress, "architecture"> {
  const pods = view.pods.filter(({ app, state }) => app === workload && state.kind !== "terminating");
  const ready = pods.filter(({ state }) => state.kind === "ready");
  if (ready.length >= replicas) return { kind: "ready", text: placed(t("ready"), ready) };
  // Of pods in equal trouble the newest: older ones are being replaced.
  const worst = pods.toSorted(
    (a, b) => severity[b.state.kind] - severity[a.state.kind] || b.createdMs - a.createdMs,
  )[0];
  if (!worst || worst.state.kind === "ready") {
    const made = view.workloads.find(({ name }) => name === workload);
    if (made?.refusal !== undefined) return { kind: "stuck", text: made.refusal };
    if (made?.replicas === 0) return { kind: "stuck", text: t("scaled to 0") };
    return { kind: "waiting", text: made ? t("waiting for pods") : t("waiting for buildx") };
  }
  const text = placed(worst.state.text, [worst]);
  const kind = worst.state.kind === "starting" ? "starting" : "stuck";
  return { kind, text: replicas === 1 ? text : t("{0} of {1} ready, {2}", ready.length, replicas, text) };
}

const severity: Readonly<Record<PodState["kind"], number>> = {
  stuck: 3,
  dead: 2,
  starting: 1,
  terminating: 0,
  ready: 0,
};

/** What pods are doing, and on which machines. */
function placed(text: string, pods: readonly Pod[]): string {
  const names = [...new Set(pods.flatMap(({ nodeName }) => nodeName ?? []))];
  return names.length === 0 ? text : t("{0} on {1}", text, names.join(", "));
}
