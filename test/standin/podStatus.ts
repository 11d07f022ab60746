import { timestamp } from "./objects.ts";
import type {
  Condition,
  Container,
  ContainerState,
  ContainerStatus,
  PodSpec,
  PodStatus,
  Terminated,
} from "./podObjects.ts";

/** How a container ends: its exit code and Kubernetes' word for why. */
export interface Ending {
  readonly exitCode: number;
  /** Default: `Completed` for 0, else `Error`. */
  readonly reason?: string;
  readonly message?: string;
}

/** A pod that a node has been found for, and whose containers are being made. */
export function creatingStatus(spec: PodSpec): PodStatus {
  const waiting = { waiting: { reason: "ContainerCreating" } };
  return statusOf(
    "Pending",
    containersOf(spec).map((container) => containerStatus(container, waiting)),
  );
}

/** A pod whose containers run and are not ready. */
export function runningStatus(spec: PodSpec, restartCount = 0, lastState: ContainerState = {}): PodStatus {
  const running = { running: { startedAt: timestamp() } };
  return statusOf(
    "Running",
    containersOf(spec).map((container) => ({
      ...containerStatus(container, running),
      started: true,
      restartCount,
      lastState,
    })),
  );
}

/** A pod that runs and is ready. */
export function readyStatus(spec: PodSpec): PodStatus {
  return withReadiness(runningStatus(spec), true);
}

/** The status with all containers ready, or not. */
export function withReadiness(status: PodStatus, isReady: boolean): PodStatus {
  return {
    ...status,
    conditions: conditions(status.conditions, isReady),
    containerStatuses: (status.containerStatuses ?? []).map((one) => ({ ...one, ready: isReady })),
  };
}

/** A pod whose containers have ended, and that is not started again. */
export function endedStatus(spec: PodSpec, status: PodStatus | undefined, ending: Ending): PodStatus {
  const state = { terminated: terminatedOf(ending, status) };
  return {
    ...statusOf(ending.exitCode === 0 ? "Succeeded" : "Failed", []),
    containerStatuses: containersOf(spec).map((container) => ({
      ...containerStatus(container, state),
      restartCount: status?.containerStatuses?.[0]?.restartCount ?? 0,
    })),
  };
}

/** A pod whose container waits: to be pulled, to be started again after a crash, … */
export function waitingStatus(
  spec: PodSpec,
  waiting: { readonly reason: string; readonly message?: string },
  restartCount = 0,
  lastState: ContainerState = {},
): PodStatus {
  return statusOf(
    restartCount > 0 ? "Running" : "Pending",
    containersOf(spec).map((container) => ({ ...containerStatus(container, { waiting }), restartCount, lastState })),
  );
}

/** A pod that the scheduler has found no node for. */
export function unschedulableStatus(message: string): PodStatus {
  const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
  return { phase: "Pending", conditions: [{ ...condition, lastTransitionTime: timestamp() }] };
}

/** How a container has ended, as its status has it. */
export function terminatedOf({ exitCode, reason, message }: Ending, status: PodStatus | undefined): Terminated {
  const startedAt = status?.containerStatuses?.[0]?.state?.running?.startedAt;
  return {
    exitCode,
    reason: reason ?? (exitCode === 0 ? "Completed" : "Error"),
    ...(message === undefined ? {} : { message }),
    ...(startedAt === undefined ? {} : { startedAt }),
    finishedAt: timestamp(),
  };
}

function statusOf(phase: string, containerStatuses: readonly ContainerStatus[]): PodStatus {
  return {
    phase,
    conditions: conditions(undefined, false),
    containerStatuses,
    hostIP: "127.0.0.1",
    podIP: "127.0.0.1",
    qosClass: "BestEffort",
    startTime: timestamp(),
  };
}

function containersOf({ containers }: PodSpec): readonly Container[] {
  return containers ?? [];
}

function containerStatus({ name, image = "" }: Container, state: ContainerState): ContainerStatus {
  return { name, image, imageID: "", ready: false, started: false, restartCount: 0, state, lastState: {} };
}

/** Conditions keep the time of their last change. */
function conditions(known: readonly Condition[] | undefined, isReady: boolean): readonly Condition[] {
  const states = {
    PodReadyToStartContainers: true,
    Initialized: true,
    Ready: isReady,
    ContainersReady: isReady,
    PodScheduled: true,
  };
  return Object.entries(states).map(([type, is]) => {
    const status = is ? "True" : "False";
    const before = known?.find((one) => one.type === type);
    if (before?.status === status) return before;
    const why = is ? {} : { reason: "ContainersNotReady", message: "containers with unready status: [buildkitd]" };
    return { type, status, ...why, lastTransitionTime: timestamp() };
  });
}
