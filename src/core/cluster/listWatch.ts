import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Disposable, Emitter, type Event } from "../event.ts";
import { t } from "../l10n.ts";
import { isAbort, type Trouble, troubleOf, UserError } from "../errors.ts";
import type { KubeApi, WatchEvent } from "./api.ts";
import { ApiError, isExpired, isForbidden, isSilence, RequestTimeout } from "./apiError.ts";
import { type Attempt, explain } from "./explain.ts";
import type { Watched, WatchStatus } from "./objects.ts";
import { metadataOf } from "./wire.ts";

/** A collection that is kept up to date as long as somebody listens. */
export interface Resource<T> {
  /** The latest snapshot; `loading` until the first listener has come and the first list is there. */
  readonly current: Watched<T>;
  /**
   * Fires with the new snapshot, at most about twenty times a second. The first listener starts the watch, the last one
   * to go ends it.
   */
  readonly onDidChange: Event<Watched<T>>;
}

/** Time, so that tests can do without waiting. */
export interface Pacing {
  now(): number;
  /** Resolves after that time; rejects when the signal is aborted. */
  delay(delayMs: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 to 1, to spread retries. */
  random(): number;
}

/** Which collection to watch, and what to make of its objects. */
export interface Collection<T> {
  /** For example `/api/v1/nodes`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Makes our object of the wire JSON; undefined leaves it out. */
  parse(object: unknown): T | undefined;
  /** Named when it is forbidden. */
  readonly attempt: Attempt;
}

/** Reading more objects at once would block for longer than is not noticed (`npm run bench`). */
const pageSize = 250;
/** The server sends a bookmark about once a minute; longer silence means that nobody watches there any more. */
const silenceMs = 100_000;
/** So long may a watch be away before what is shown is called stale: most that are cut are back at once. */
const graceMs = 2_000;
const coalesceMs = 50;
const firstPauseMs = 250;
/** So that a server that is back is noticed within seconds; one list or watch in this time is no load for any. */
const longestPauseMs = 4_000;
/** No server is left alone for longer, whatever it wishes. */
const longestWishedPauseMs = 60_000;
/** For what only a change of rights can mend. */
const forbiddenPauseMs = 60_000;
const longestSignInPauseMs = 600_000;
/** A watch that ends sooner counts as a failure, or one that the server always ends would be asked for without pause. */
const shortestWatchMs = 1_000;

const realPacing: Pacing = {
  now: () => Date.now(),
  delay: async (delayMs, signal) => sleep(delayMs, undefined, { signal, ref: false }),
  random: () => Math.random(),
};

/**
 * One collection of the Kubernetes API by list and watch: lists once, then follows the changes; resumes a watch that
 * ended, lists again when the server no longer knows the resource version, and tries again after any failure.
 */
export class ListWatch<T> implements Resource<T> {
  readonly #api: KubeApi;
  readonly #collection: Collection<T>;
  readonly #pacing: Pacing;
  readonly #changed = new Emitter<Watched<T>>();
  #listeners = 0;
  #running: AbortController | undefined;
  #signIn: Disposable | undefined;
  /** Whether an answer is being waited for, and what was shown before a sign-in was waited for with it. */
  #isAsking = false;
  #beforeSignIn: WatchStatus | undefined;
  #items = new Map<string, T>();
  #hasItems = false;
  /** Where to go on watching; undefined: list first. */
  #version: string | undefined;
  #openedMs: number | undefined;
  #status: WatchStatus = { kind: "loading" };
  #current: Watched<T> = { status: this.#status, items: [] };
  #publishing: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #doubt: WatchStatus = this.#status;

  constructor(api: KubeApi, collection: Collection<T>, pacing: Pacing = realPacing) {
    this.#api = api;
    this.#collection = collection;
    this.#pacing = pacing;
  }

  get current(): Watched<T> {
    return this.#current;
  }

  readonly onDidChange: Event<Watched<T>> = (listener) => {
    const subscription = this.#changed.event(listener);
    this.#listeners += 1;
    if (this.#listeners === 1) this.#start();
    let isListening = true;
    return {
      dispose: () => {
        if (!isListening) return;
        isListening = false;
        subscription.dispose();
        this.#listeners -= 1;
        if (this.#listeners === 0) this.#stop();
      },
    };
  };

  #start(): void {
    this.#running = new AbortController();
    this.#signIn = this.#api.signIn.onDidChangeWaiting(() => this.#tellSignIn());
    void this.#run(this.#running.signal);
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#signIn?.dispose();
    this.#isAsking = false;
    this.#beforeSignIn = undefined;
    clearTimeout(this.#grace);
    this.#grace = undefined;
    clearTimeout(this.#publishing);
    this.#publishing = undefined;
    this.#items = new Map();
    this.#hasItems = false;
    this.#version = undefined;
    this.#status = { kind: "loading" };
    this.#current = { status: this.#status, items: [] };
  }

  /** The one background loop: ends with the signal, never throws. */
  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.#openedMs = undefined;
      const startedMs = this.#pacing.now();
      let error: unknown;
      try {
        await this.#listAndWatch(signal);
      } catch (thrown) {
        error = thrown;
      }
      if (signal.aborted) return;
      this.#setAsking(false);
      const wasHealthy = this.#openedMs !== undefined && this.#pacing.now() - this.#openedMs >= shortestWatchMs;
      failures = wasHealthy ? 0 : failures;
      if (error === undefined && wasHealthy) continue;
      failures += 1;
      if (isExpired(error)) this.#version = undefined;
      else if (error !== undefined) this.#fail(error, failures);
      const tookMs = this.#pacing.now() - startedMs;
      // From beginning to beginning: an attempt that waited for its connection has waited already.
      const pauseMs = backOffMs(failures, this.#pacing.random()) - tookMs;
      await this.#pause(Math.max(pauseMs, leastPauseMs(error, tookMs), 0), signal);
    }
  }

  /** Returns when the server ends the watch, as it does every few minutes. */
  async #listAndWatch(signal: AbortSignal): Promise<void> {
    const { path, labelSelector, fieldSelector } = this.#collection;
    // Signing in may take its time, and is no silence of the cluster: only what the wire says is told as that.
    const waiting = t("Cluster {0} is being asked; this may be out of date.", this.#api.access.context.name);
    this.#doubtSoon({ kind: "stale", reason: waiting });
    this.#setAsking(true);
    if (this.#version === undefined) await this.#list(signal);
    this.#doubtSoon({ kind: "stale", reason: waiting });
    const events = await this.#api.watch(path, {
      query: {
        labelSelector,
        fieldSelector,
        resourceVersion: this.#version,
        allowWatchBookmarks: true,
        timeoutSeconds: Math.round(300 + 300 * this.#pacing.random()),
      },
      timeoutMs: silenceMs,
      signal,
    });
    signal.throwIfAborted();
    this.#openedMs = this.#pacing.now();
    this.#setAsking(false);
    this.#setStatus({ kind: "live" });
    for await (const event of events) {
      if (signal.aborted) return;
      this.#apply(event);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { path, labelSelector, fieldSelector } = this.#collection;
    const items = new Map<string, T>();
    let version: string | undefined;
    let next: string | undefined;
    do {
      const query = { labelSelector, fieldSelector, limit: pageSize, continue: next };
      const page = await this.#api.listPage(path, { query, signal });
      for (const object of page.items) {
        const item = this.#collection.parse(object);
        if (item !== undefined) items.set(keyOf(object), item);
      }
      ({ next, resourceVersion: version } = page);
      // The first pages are worth seeing while the others come; and drawing them bit by bit blocks nobody.
      if (!this.#hasItems && next !== undefined) {
        this.#items = items;
        this.#publishSoon(0);
      }
    } while (next !== undefined);
    signal.throwIfAborted();
    this.#version = version;
    this.#hasItems = true;
    // Equal items stay the same objects, so that nobody takes a new list for a change.
    for (const [key, item] of items) {
      const known = this.#items.get(key);
      if (known !== undefined && isDeepStrictEqual(known, item)) items.set(key, known);
    }
    this.#items = items;
    this.#setStatus({ kind: "live" });
    this.#publishSoon(0);
  }

  #apply({ type, object }: WatchEvent): void {
    this.#version = metadataOf(object).resourceVersion ?? this.#version;
    if (type === "BOOKMARK") return;
    const key = keyOf(object);
    const item = type === "DELETED" ? undefined : this.#collection.parse(object);
    if (isDeepStrictEqual(this.#items.get(key), item)) return; // A kubelet's heartbeat, most often.
    if (item === undefined) this.#items.delete(key);
    else this.#items.set(key, item);
    this.#publishSoon(coalesceMs);
  }

  #fail(error: unknown, failures: number): void {
    if (isForbidden(error)) {
      this.#hasItems = false;
      this.#version = undefined;
    }
    if (!this.#hasItems) {
      this.#items = new Map();
      this.#setStatus({ kind: "failed", ...this.#trouble(error), ...(isForbidden(error) && { isForbidden: true }) });
    } else if (failures > 1 || this.#status.kind !== "live" || error instanceof RequestTimeout)
      this.#setStatus(this.#stale(error));
    else this.#doubtSoon(this.#stale(error));
  }

  /** What is shown as live is called stale, for the latest reason, unless it is watched before long. */
  #doubtSoon(doubt: WatchStatus): void {
    if (this.#status.kind !== "live") return;
    this.#doubt = doubt;
    this.#grace ??= setTimeout(() => this.#setStatus(this.#doubt), graceMs).unref();
  }

  #stale(error: unknown): WatchStatus {
    return { kind: "stale", ...this.#trouble(error), ...(isSilence(error) && { isSilent: true }) };
  }

  #trouble(error: unknown): Trouble {
    return troubleOf(explain(error, this.#api.access.context, this.#collection.attempt));
  }

  #setAsking(isAsking: boolean): void {
    this.#isAsking = isAsking;
    this.#tellSignIn();
  }

  /** What a sign-in asks of the user must be seen while it does, wherever it is waited for. */
  #tellSignIn(): void {
    const waitsFor = this.#isAsking ? this.#api.signIn.waitsFor : undefined;
    if (waitsFor !== undefined) {
      this.#beforeSignIn ??= this.#status;
      this.#setStatus(this.#hasItems ? { kind: "stale", reason: waitsFor } : { kind: "loading", waitsFor });
    } else if (this.#beforeSignIn) {
      this.#setStatus(this.#beforeSignIn);
      this.#beforeSignIn = undefined;
    }
  }

  #setStatus(status: WatchStatus): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    if (isDeepStrictEqual(this.#status, status)) return;
    this.#status = status;
    this.#publishSoon(0);
  }

  /** From a timer, so that a listener that throws cannot end the watch. */
  #publishSoon(delayMs: number): void {
    if (this.#publishing && delayMs > 0) return;
    clearTimeout(this.#publishing);
    this.#publishing = setTimeout(() => {
      this.#publishing = undefined;
      const sorted = [...this.#items].toSorted(([a], [b]) => (a < b ? -1 : 1));
      this.#current = { status: this.#status, items: sorted.map(([, item]) => item) };
      this.#changed.fire(this.#current);
    }, delayMs);
  }

  async #pause(pauseMs: number, signal: AbortSignal): Promise<void> {
    await this.#pacing.delay(pauseMs, signal).catch((error: unknown) => {
      if (!isAbort(error)) throw error;
    });
  }
}

function backOffMs(failures: number, random: number): number {
  const fullMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
  return fullMs * (0.5 + random / 2);
}

/** What must pass in any case before the next attempt, after one that failed so and took so long. */
function leastPauseMs(error: unknown, tookMs: number): number {
  if (isForbidden(error)) return forbiddenPauseMs;
  if (error instanceof ApiError) return Math.min(longestWishedPauseMs, error.retryAfterMs);
  // Signing in failed. A plugin that took its time may have opened a browser: people must not get one every half minute.
  return error instanceof UserError ? Math.min(longestSignInPauseMs, 20 * tookMs) : 0;
}

function keyOf(object: unknown): string {
  const { namespace = "", name = "" } = metadataOf(object);
  return `${namespace}/${name}`;
}
