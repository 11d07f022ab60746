import { setTimeout as sleep } from "node:timers/promises";
import { recordEvent } from "./eventRecorder.ts";
import { pods } from "./kinds.ts";
import type { PodObject, PodStatus } from "./podObjects.ts";
import type { PodProcess } from "./podProcess.ts";
import {
  creatingStatus,
  type Ending,
  endedStatus,
  runningStatus,
  terminatedOf,
  waitingStatus,
  withReadiness,
} from "./podStatus.ts";
import type { Store } from "./store.ts";

/** As the kubelet waits before the second restart; doubled each time. */
const firstBackOffMs = 10_000;
const longestBackOffMs = 300_000;
const fastProbeMs = 100;

/** What runs in a pod, and when it is asked whether it is ready. */
export interface PodProgram {
  start(): PodProcess;
  /** True: probes come when the pod says; else as soon as they can succeed. */
  readonly hasRealProbes: boolean;
}

/** One pod from the moment that it has a node until it is gone: its process, restarts, status and end. */
export class PodRun {
  readonly #store: Store;
  readonly #pod: PodObject;
  readonly #over = new AbortController();
  #process: PodProcess | undefined;
  #processGone = new AbortController();
  /** In place of what the process itself ends with. */
  #ending: Ending | undefined;
  #isScripted = false;
  #isTerminating = false;
  #release: PromiseWithResolvers<void> | undefined;
  /** In place of what the process has written. */
  log: string | undefined;
  /** File with what the latest process has written. */
  logPath: string | undefined;

  constructor(store: Store, pod: PodObject) {
    this.#store = store;
    this.#pod = pod;
  }

  /** What runs at the moment, and a signal for its end; undefined between two runs. */
  get process(): { readonly process: PodProcess; readonly gone: AbortSignal } | undefined {
    return this.#process && { process: this.#process, gone: this.#processGone.signal };
  }

  /** Runs the program, again whenever it ends, until the pod is over. */
  async live(program: PodProgram): Promise<void> {
    const { spec } = this.#pod;
    this.#write(() => creatingStatus(spec));
    let last: Ending | undefined;
    for (let restarts = 0; !this.#isOver; restarts += 1) {
      const process = program.start();
      this.#begin(process, restarts, last);
      void this.#probe(process, program.hasRealProbes);
      const ended = await process.ended;
      this.#processGone.abort();
      this.#process = undefined;
      last = this.#ending ?? ended;
      this.#ending = undefined;
      if (this.#isTerminating || this.#isOver) return;
      if (spec.restartPolicy !== "Always") {
        const ending = last;
        this.#write((status) => endedStatus(spec, status, ending));
        return;
      }
      if (restarts > 0) await this.#backOff(restarts, last);
    }
  }

  /** From now on the status is what a test says. */
  script(): void {
    this.#isScripted = true;
  }

  /** Ends the process as if so; it is started again where the pod says so. */
  kill(ending: Ending): void {
    this.#ending = ending;
    this.#process?.kill("SIGKILL");
  }

  /** Ends the pod for good, with that status. */
  fail(change: Partial<PodStatus>): void {
    this.#over.abort();
    this.#process?.kill("SIGKILL");
    const { spec } = this.#pod;
    this.#write((status) => ({ ...endedStatus(spec, status, { exitCode: 137 }), phase: "Failed", ...change }));
  }

  /** Keeps the pod terminating, whatever its process does, until the result is called. */
  hold(): () => void {
    this.#release ??= Promise.withResolvers<void>();
    return this.#release.resolve;
  }

  /** Ends the process in good order, after so many seconds by force, and takes the pod away. */
  async terminate(graceSeconds: number): Promise<void> {
    const isFirst = !this.#isTerminating;
    this.#isTerminating = true;
    const current = this.#process;
    current?.kill("SIGTERM");
    if (current) {
      const killer = setTimeout(() => current.kill("SIGKILL"), graceSeconds * 1000);
      if (isFirst) recordEvent(this.#store, this.#pod, { reason: "Killing", message: "Stopping container buildkitd" });
      await current.ended;
      clearTimeout(killer);
    }
    await this.#release?.promise;
    this.#store.remove(pods, this.#pod);
  }

  /** Kills the process; resolves when it has ended. */
  async dispose(): Promise<void> {
    this.#over.abort();
    this.#release?.resolve();
    const current = this.#process;
    current?.kill("SIGKILL");
    await current?.ended;
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  #begin(process: PodProcess, restarts: number, last: Ending | undefined): void {
    const { spec } = this.#pod;
    this.#process = process;
    this.logPath = process.logPath;
    this.#processGone = new AbortController();
    this.#write((status) => {
      const lastState = last ? { terminated: terminatedOf(last, status) } : {};
      return runningStatus(spec, restarts, lastState);
    });
    recordEvent(this.#store, this.#pod, { reason: "Started", message: "Container started" });
  }

  async #probe(process: PodProcess, isReal: boolean): Promise<void> {
    const { initialDelaySeconds = 0, periodSeconds = 10 } = this.#pod.spec.containers?.[0]?.readinessProbe ?? {};
    if (isReal) await this.#sleep(initialDelaySeconds * 1000);
    while (this.#process === process && !this.#isOver) {
      if (await process.isServing()) {
        if (this.#process === process) this.#write((status) => withReadiness(status ?? {}, true));
        return;
      }
      await this.#sleep(isReal ? periodSeconds * 1000 : fastProbeMs);
    }
  }

  async #backOff(restarts: number, last: Ending): Promise<void> {
    const { spec, metadata } = this.#pod;
    const pauseMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** (restarts - 1));
    const what = `restarting failed container=${spec.containers?.[0]?.name ?? ""} pod=${metadata.name}_${metadata.namespace ?? ""}`;
    const waiting = {
      reason: "CrashLoopBackOff",
      message: `back-off ${pauseMs / 1000}s ${what}(${metadata.uid ?? ""})`,
    };
    this.#write((status) => waitingStatus(spec, waiting, restarts, { terminated: terminatedOf(last, status) }));
    recordEvent(this.#store, this.#pod, { type: "Warning", reason: "BackOff", message: `Back-off ${what}` });
    await this.#sleep(pauseMs);
  }

  #write(change: (status: PodStatus | undefined) => PodStatus): void {
    if (this.#isScripted) return;
    this.#store.update(pods, this.#pod, (current) => ({ ...current, status: change((current as PodObject).status) }));
  }

  async #sleep(delayMs: number): Promise<void> {
    const signal = AbortSignal.any([this.#over.signal, this.#processGone.signal]);
    const isBetween = this.#process === undefined;
    await sleep(delayMs, undefined, { signal: isBetween ? this.#over.signal : signal }).catch(() => undefined); // over
  }
}
