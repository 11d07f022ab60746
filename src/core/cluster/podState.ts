import { t } from "../l10n.ts";
import { imagePullCause } from "./imagePull.ts";
import type { Pod, PodState } from "./objects.ts";
import { unschedulableText } from "./unschedulable.ts";
import { timeOf, type WireCondition } from "./wire.ts";
import type { WireContainerState, WireContainerStatus, WirePod } from "./wirePod.ts";
import { buildKitContainer } from "./wireWorkload.ts";

/** Tells what a pod is doing, by the first thing that keeps it from being ready. */
export function podStateOf(pod: WirePod): PodState {
  if (pod.metadata?.deletionTimestamp) return terminating(pod);
  if (pod.status?.phase === "Failed") return failed(pod);
  if (pod.status?.phase === "Succeeded") return { kind: "dead", text: t("ended") };
  const notScheduled = schedulingState(pod);
  if (notScheduled) return notScheduled;
  for (const status of pod.status?.initContainerStatuses ?? []) {
    if (status.state?.terminated?.exitCode === 0) continue;
    const state = containerState(pod, status);
    if (state) return inInitContainer(state, status.name ?? "");
    // A sidecar: an init container that stays.
    if (status.ready === true) continue;
    return { kind: "starting", text: t("running its init container {0}", status.name ?? "") };
  }
  // BuildKit's own first: others that somebody has put into the pod matter less.
  const statuses = (pod.status?.containerStatuses ?? []).toSorted((a, b) => rank(a) - rank(b));
  for (const status of statuses) {
    const state = containerState(pod, status);
    if (state) return state.kind === "stuck" || state.kind === "dead" ? { ...state, container: status.name } : state;
  }
  return readiness(pod);
}

const rank = ({ name }: WireContainerStatus): number => (name === buildKitContainer ? 0 : 1);

/** How a container has ended, or ended before it was started again. */
export function lastEndOf(container: WireContainerStatus | undefined): Pod["lastEnd"] {
  const last = container?.state?.terminated ?? container?.lastState?.terminated;
  if (!last) return undefined;
  return { text: ending(last).text, isOutOfMemory: last.reason === "OOMKilled", endedMs: timeOf(last.finishedAt) };
}

function terminating({ metadata }: WirePod): PodState {
  const seconds = metadata?.deletionGracePeriodSeconds ?? 0;
  return { kind: "terminating", text: t("being deleted, ends within {0} seconds", seconds) };
}

function failed({ status }: WirePod): PodState {
  const { reason = "", message = "" } = status ?? {};
  if (reason === "Evicted") return { kind: "dead", text: t("evicted: {0}", lowerFirst(message)) };
  if (reason !== "") return { kind: "dead", text: message === "" ? reason : `${reason}: ${lowerFirst(message)}` };
  const ended = status?.containerStatuses?.find(({ state }) => state?.terminated && state.terminated.exitCode !== 0);
  return ended?.state?.terminated
    ? { kind: "dead", ...ending(ended.state.terminated) }
    : { kind: "dead", text: message === "" ? t("failed") : lowerFirst(message) };
}

function schedulingState(pod: WirePod): PodState | undefined {
  if (pod.spec?.nodeName) return undefined;
  const scheduled = conditionOf(pod, "PodScheduled");
  switch (scheduled?.reason) {
    case "Unschedulable":
      return { kind: "stuck", text: unschedulableText(pod, scheduled.message ?? ""), detail: scheduled.message };
    case "SchedulingGated":
      return { kind: "stuck", text: t("held back by a scheduling gate"), detail: scheduled.message };
    default: {
      const scheduler = pod.spec?.schedulerName;
      // Nobody says so when there is no scheduler of that name.
      const isOther = scheduler !== undefined && scheduler !== "default-scheduler";
      return {
        kind: "starting",
        text: isOther ? t("its scheduler {0} has not taken it", scheduler) : t("waiting for the scheduler"),
        sinceMs: timeOf(pod.metadata?.creationTimestamp),
      };
    }
  }
}

/** Undefined for a container that runs as it should, or has no status yet. */
function containerState(pod: WirePod, status: WireContainerStatus): PodState | undefined {
  const { terminated, running, waiting } = status.state ?? {};
  if (running) return undefined;
  if (terminated) {
    // Between two tries a container is terminated, or waiting with CrashLoopBackOff, depending on the kubelet.
    const isTriedAgain = pod.spec?.restartPolicy !== "Never" && (status.restartCount ?? 0) > 0;
    return isTriedAgain ? crashing(status, terminated) : { kind: "dead", ...ending(terminated) };
  }
  return waitingState(pod, status, waiting ?? {});
}

function waitingState(
  pod: WirePod,
  status: WireContainerStatus,
  { reason = "", message = "" }: NonNullable<WireContainerState["waiting"]>,
): PodState {
  const image = pod.spec?.containers?.find(({ name }) => name === status.name)?.image ?? status.image ?? "";
  switch (reason) {
    case "":
    case "ContainerCreating":
    case "PodInitializing":
      return creating(pod, image);
    case "ErrImagePull":
    case "ImagePullBackOff":
    case "ErrImageNeverPull":
    case "InvalidImageName":
    case "ImageInspectError":
    case "RegistryUnavailable":
    case "SignatureValidationFailed": {
      const text = t("its image {0} cannot be pulled: {1}", image, imagePullCause(reason, message));
      return { kind: "stuck", text, ...detailOf(message) };
    }
    case "CrashLoopBackOff":
      return crashing(status, status.lastState?.terminated ?? undefined);
    case "CreateContainerConfigError":
    case "CreateContainerError":
    case "RunContainerError":
    case "StartError": {
      const text = t("its container cannot be started: {0}", withoutRuntimeWrapping(message) || reason);
      return { kind: "stuck", text, ...detailOf(message) };
    }
    default:
      return { kind: "stuck", text: message === "" ? reason : `${reason}: ${message}` };
  }
}

function creating(pod: WirePod, image: string): PodState {
  const sandbox = conditionOf(pod, "PodReadyToStartContainers");
  // From Kubernetes 1.29 on this tells when volumes and network are there; what then takes time is the image.
  if (sandbox?.status === "True") {
    return { kind: "starting", text: t("pulling the image {0}", image), sinceMs: timeOf(sandbox.lastTransitionTime) };
  }
  const sinceMs = timeOf(conditionOf(pod, "PodScheduled")?.lastTransitionTime);
  const text = sandbox
    ? t("waiting for its volumes and network")
    : t("creating its container or pulling the image {0}", image);
  return { kind: "starting", text, sinceMs, isUnexplained: true };
}

/** True for a container that did not live long enough to have become ready. */
function isShort({ startedAt, finishedAt, exitCode }: Terminated): boolean {
  const livedMs = (timeOf(finishedAt) ?? 0) - (timeOf(startedAt) ?? 0);
  return exitCode !== 0 && livedMs < shortLifeMs;
}

const shortLifeMs = 5_000;

function crashing(
  { restartCount = 0 }: WireContainerStatus,
  last: Terminated | undefined,
): Extract<PodState, { readonly kind: "stuck" }> {
  const restarts = restartsText(restartCount);
  if (!last) return { kind: "stuck", text: t("keeps crashing ({0})", restarts) };
  const { text, detail } = ending(last);
  return { kind: "stuck", text: t("keeps crashing ({0}), last: {1}", restarts, text), detail };
}

function readiness(pod: WirePod): PodState {
  const ready = conditionOf(pod, "Ready");
  if (ready?.status === "True") return { kind: "ready" };
  const waiting = pod.status?.containerStatuses?.find((status) => status.ready !== true);
  if (!waiting) return withoutWaitingContainer(pod, ready);
  const last = waiting.lastState?.terminated;
  // Between two crashes it runs for a moment, which is no news.
  if (last && isShort(last)) return { ...crashing(waiting, last), container: waiting.name };
  const startedMs = timeOf(waiting.state?.running?.startedAt);
  const changedMs = timeOf(ready?.lastTransitionTime);
  if (waiting.started === false) {
    return { kind: "starting", text: t("running, waiting for its startup probe"), sinceMs: startedMs };
  }
  const container = pod.spec?.containers?.find(({ name }) => name === waiting.name);
  const periodSeconds = container?.readinessProbe?.periodSeconds ?? 10;
  // Ready turned false after the container started: so it had been ready before.
  if (startedMs !== undefined && changedMs !== undefined && changedMs > startedMs) {
    return { kind: "starting", text: t("running, but its readiness probe fails"), sinceMs: changedMs };
  }
  return {
    kind: "starting",
    text: t("running, waiting for its readiness probe (every {0} s)", periodSeconds),
    sinceMs: startedMs,
  };
}

function withoutWaitingContainer(pod: WirePod, ready: WireCondition | undefined): PodState {
  if ((pod.status?.containerStatuses ?? []).length === 0) {
    return creating(pod, pod.spec?.containers?.[0]?.image ?? "");
  }
  // All containers are ready and the pod is not: the node controller says so when the node is silent.
  const text = t("its node {0} has stopped reporting", pod.spec?.nodeName ?? "");
  return { kind: "stuck", text, detail: ready?.message, isNodeSilent: true };
}

function inInitContainer(state: PodState, name: string): PodState {
  return state.kind === "stuck" || state.kind === "dead"
    ? { ...state, kind: "stuck", text: t("init container {0}: {1}", name, state.text) }
    : state;
}

/** `1 restart`, `3 restarts`. */
export function restartsText(count: number): string {
  return count === 1 ? t("1 restart") : t("{0} restarts", count);
}

type Terminated = NonNullable<WireContainerState["terminated"]>;

function ending({ exitCode = 0, signal, reason = "", message = "" }: Terminated): {
  readonly text: string;
  readonly detail?: string;
} {
  if (reason === "OOMKilled") return { text: t("out of memory (OOMKilled)"), ...detailOf(message) };
  if (reason === "StartError" || reason === "ContainerCannotRun") {
    return { text: t("cannot be started: {0}", withoutRuntimeWrapping(message)), ...detailOf(message) };
  }
  if (signal) return { text: t("killed by signal {0}", signal), ...detailOf(message) };
  const text = exitCode === killedExitCode ? t("killed (exit code {0})", exitCode) : t("exit code {0}", exitCode);
  return { text, ...detailOf(message) };
}

/** 128 and the number of SIGKILL, as runtimes report it. */
const killedExitCode = 137;

/** containerd and runc each put their own words in front of the cause. */
function withoutRuntimeWrapping(message: string): string {
  return message.replace(/^.*unable to start container process: |^failed to (?:create|start) containerd task: /s, "");
}

function detailOf(message: string): { readonly detail?: string } {
  return message === "" ? {} : { detail: message };
}

function conditionOf(pod: WirePod, type: string): WireCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
