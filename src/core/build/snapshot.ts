import type { Platform } from "../platform.ts";

/** State of one step. `canceled` is also what was still open when the build ended. */
export type StepState = "pending" | "running" | "done" | "cached" | "failed" | "canceled";

/** State of a whole build. `canceling` lasts from the request until the process has ended. */
export type BuildState = "running" | "canceling" | "done" | "failed" | "canceled";

/** Bytes moved by a transfer, pull or export; `total` is known for pulls only. */
export interface Bytes {
  readonly current: number;
  readonly total?: number;
}

/** How long a step has worked. All times are epoch milliseconds of this machine's clock, with fractions. */
export interface Timing {
  readonly state: StepState;
  /** Sum of the closed, merged intervals. While running, add `now - runningSinceMs`. */
  readonly durationMs: number;
  /** Start of the open interval; present exactly while the state is `running`. */
  readonly runningSinceMs?: number;
}

/** One step on one platform. */
export interface Cell extends Timing {
  /** Key of the step's log; stable during the build. */
  readonly stepId: string;
  /** Start of the first interval. */
  readonly startedMs?: number;
  /** End of the last interval. */
  readonly completedMs?: number;
  readonly bytes?: Bytes;
  /** What the step is doing where BuildKit says it, for example `extracting` or `pulling`. */
  readonly activity?: string;
  /** BuildKit's words when the step has failed. */
  readonly error?: string;
  /** Platform the step executes on when it is not the lane's own (cross compilation). */
  readonly runsOn?: Platform;
  /** Time of the last line of output. */
  readonly lastOutputMs?: number;
  readonly hasLog: boolean;
}

/** The same Dockerfile step on all platforms: one row of the table. Sent as a whole when anything in it changes. */
export interface StepRow {
  readonly id: string;
  /** Stage as BuildKit names it; empty when the Dockerfile has one stage only. */
  readonly stage: string;
  readonly index: number;
  readonly total: number;
  /** Upper-case instruction, `RUN`; empty when the step has none. */
  readonly instruction: string;
  /** The step's text behind the instruction, on one line: as in the Dockerfile where the line is known. */
  readonly text: string;
  /** 1-based lines of the instruction in the Dockerfile, when they are known for sure. */
  readonly line?: number;
  readonly lastLine?: number;
  /** One entry per lane, in the order of {@link BuildSnapshot.lanes}; null where the lane has no such step. */
  readonly cells: readonly (Cell | null)[];
}

/** Work that belongs to no Dockerfile step: context, metadata, export, merge. */
export interface SharedStep extends Timing {
  readonly stepId: string;
  /** The vertex's full name, for example `[internal] load build context`. */
  readonly name: string;
  /** Short label for the strip, for example `context` or `export`. */
  readonly label: string;
  /** Present where the stream tells the platform. */
  readonly platform?: Platform;
  readonly bytes?: Bytes;
  readonly activity?: string;
  readonly error?: string;
  readonly hasLog: boolean;
}

/** Whether a platform is built by a machine of its own architecture; `unknown` until the cluster has said so. */
export type Nativeness = "native" | "emulated" | "unknown";

/** Where a platform is built, as far as it is known. */
export interface Placement {
  readonly platform: Platform;
  readonly nativeness: Nativeness;
  readonly builderNode?: string;
  readonly clusterNodes?: readonly string[];
  /** Present only when exactly one pod can have been used. */
  readonly pod?: string;
  /** Why it is not sure where the platform is built, as a sentence. */
  readonly doubt?: string;
}

/**
 * One platform of a build: a column of the table. Its time runs without a break from its first step's start to its
 * last step's end, unlike a step's.
 */
export interface Lane extends Timing {
  readonly platform: Platform;
  readonly steps: { readonly total: number; readonly finished: number; readonly cached: number };
  /** When the lane's last step ended; present when all its steps have. */
  readonly completedMs?: number;
  readonly startedMs?: number;
  readonly placement?: Placement;
}

/** Why a build failed, in the order people ask. */
export interface Failure {
  /** What failed, and where: `builder 5/7 failed on linux/arm64`, or a sentence for what is no step. */
  readonly what: string;
  /** BuildKit's or buildx's message, without its wrapping; empty when the failure was found out otherwise. */
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly advice?: string;
  /** Present when it was not the Dockerfile’s fault: the builder did not start or was lost, or buildx took no output. */
  readonly cause?: "boot" | "connection" | "output";
  readonly stepId?: string;
  readonly platform?: Platform;
  readonly exitCode?: number;
  /** Base name of the file BuildKit blames, and its 1-based line. */
  readonly file?: string;
  readonly line?: number;
  /** The last lines of the failed step's output that are not empty. */
  readonly logTail: readonly string[];
}

/** The verdict line and what stands around it. */
export interface BuildHead {
  readonly id: string;
  readonly state: BuildState;
  /** True when a build was cancelled because its window was closed. */
  readonly isInterrupted?: boolean;
  /** True for a build of an earlier window, whose output was not kept. */
  readonly isRemembered?: boolean;
  readonly startedMs: number;
  readonly endedMs?: number;
  /** Dockerfile as shown to the user, relative to its workspace folder. */
  readonly dockerfile: string;
  /** Which of this window's builds of that Dockerfile it is, from 2 on; absent for the first. */
  readonly ordinal?: number;
  /** Where the result goes, as shown to the user: `./out`, an image reference, or empty for none. */
  readonly output: string;
  /** What was pushed, with its digest: `registry.example.com/app:1.0@sha256:…`; absent until then. */
  readonly pushed?: string;
  readonly builder: string;
  /** Kubeconfig context and namespace of the builder; absent for other drivers. */
  readonly cluster?: string;
  readonly namespace?: string;
  readonly steps: { readonly total: number; readonly finished: number; readonly cached: number };
  /** What the build waits for, such as its builder's pods, or why it may be lost; absent while it just goes on. */
  readonly waitingFor?: string;
  readonly failure?: Failure;
  /** Plain text that buildx printed, without client-go's noise. */
  readonly messages: readonly string[];
}

/** What lists show of one build. */
export interface BuildSummary {
  readonly head: BuildHead;
  readonly lanes: readonly Lane[];
}

/** Everything the panel shows of one build. */
export interface BuildSnapshot extends BuildSummary {
  readonly rows: readonly StepRow[];
  readonly shared: readonly SharedStep[];
}

/** What has changed since the last snapshot or update: whole values only, to be put in place by id. */
export interface BuildUpdate {
  readonly head?: BuildHead;
  readonly lanes?: readonly Lane[];
  readonly rows?: readonly StepRow[];
  readonly shared?: readonly SharedStep[];
  /** Ids of all rows in order, when rows came, went or moved. */
  readonly rowOrder?: readonly string[];
}
