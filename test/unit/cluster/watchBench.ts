import type { ServerResponse } from "node:http";
import { KubeApi } from "../../../src/core/cluster/api.ts";
import { ListWatch, type Pacing, type Resource } from "../../../src/core/cluster/listWatch.ts";
import type { Stanza } from "../../../src/core/cluster/kubeconfigFile.ts";
import type { Watched } from "../../../src/core/cluster/objects.ts";
import type { Disposable } from "../../../src/core/event.ts";
import { accessTo, FakeApi, forbid, list, type SeenRequest } from "./fakeApi.ts";

/** Time that stands still but for pauses, which last next to no time and are noted. */
class TestPacing implements Pacing {
  readonly pausesMs: number[] = [];
  timeMs = 0;
  /** How far time goes on whenever somebody looks at the clock. */
  stepMs = 0;
  /** While set, pauses do not end by themselves. */
  isHeld = false;

  now(): number {
    this.timeMs += this.stepMs;
    return this.timeMs;
  }

  async delay(delayMs: number, signal: AbortSignal): Promise<void> {
    this.pausesMs.push(delayMs);
    this.timeMs += delayMs;
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      // Timers of one length end in order: what was to be published before the pause has been when it ends.
      if (!this.isHeld) setTimeout(resolve, 0);
    });
  }

  random(): number {
    return 1;
  }
}

function parse(object: unknown): string | undefined {
  const { metadata, shown } = object as { metadata: { name: string }; shown?: string };
  return shown === "no" ? undefined : (shown ?? metadata.name);
}

/** How the server answers one request. */
export type Answer = (response: ServerResponse, request: SeenRequest) => void;

/** One collection on a server that answers lists and watches as told, each in turn; the last answer is repeated. */
export class Bench implements AsyncDisposable {
  readonly pacing = new TestPacing();
  readonly api: KubeApi;
  readonly names: Resource<string>;
  readonly server: FakeApi;

  private constructor(server: FakeApi, user: Stanza) {
    this.server = server;
    this.api = new KubeApi(accessTo(server.url, user), {});
    const attempt = { verbs: "list, watch", resource: "things" };
    this.names = new ListWatch(this.api, { path: "/api/v1/things", labelSelector: "app", parse, attempt }, this.pacing);
  }

  static async start(lists: readonly Answer[], watches: readonly Answer[], user: Stanza = {}): Promise<Bench> {
    const left = { lists: [...lists], watches: [...watches] };
    const next = (answers: Answer[]): Answer => (answers.length > 1 ? answers.shift() : answers[0]) ?? silence;
    return new Bench(
      await FakeApi.start((request, response) => {
        const isWatch = request.url.searchParams.has("watch");
        next(isWatch ? left.watches : left.lists)(response, request);
      }),
      user,
    );
  }

  /** Resolves with the first snapshot that looks so. */
  async until(check: (snapshot: Watched<string>) => boolean): Promise<Watched<string>> {
    const { promise, resolve } = Promise.withResolvers<Watched<string>>();
    const subscription = this.names.onDidChange((snapshot) => {
      if (check(snapshot)) resolve(snapshot);
    });
    if (check(this.names.current)) resolve(this.names.current);
    keep(subscription);
    return promise;
  }

  async untilItems(...items: readonly string[]): Promise<Watched<string>> {
    return this.until((snapshot) => snapshot.items.join() === items.join() && snapshot.status.kind === "live");
  }

  /** What was asked, in short. */
  get asked(): readonly string[] {
    return this.server.requests.map(({ url: { searchParams } }) => {
      const version = searchParams.get("resourceVersion") ?? "";
      return searchParams.has("watch") ? `watch ${version}` : `list ${searchParams.get("continue") ?? ""}`.trim();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of kept.splice(0)) subscription.dispose();
    this.api.dispose();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Subscriptions are kept to the end of the test, so that the watch goes on between two waits. */
const kept: Disposable[] = [];

/** Ends the subscription with the bench. */
export function keep(subscription: Disposable): void {
  kept.push(subscription);
}

/** An object of the collection; `shown` is what the parser makes of it, `no` for nothing. */
export const thing = (name: string, resourceVersion = "1", shown?: string): object => ({
  metadata: { name, resourceVersion },
  shown,
});
export const silence: Answer = (response) => response.flushHeaders();
export const end: Answer = (response) => response.end();
export const refuse: Answer = (response) => response.socket?.destroy();
export const forbidden: Answer = (response) => forbid(response, "list", "things");
export const things =
  (version: string, ...names: readonly string[]): Answer =>
  (response) =>
    list(
      response,
      names.map((name) => thing(name)),
      version,
    );
