import { KubeApi } from "../../src/core/cluster/api.ts";
import { loadKubeconfig, selectContext } from "../../src/core/cluster/kubeconfig.ts";
import type { Pacing, Resource } from "../../src/core/cluster/listWatch.ts";
import type { Watched } from "../../src/core/cluster/objects.ts";
import type { Standin } from "./standin.ts";

/** Our own client, as the kubeconfig of a stand-in gives it. The caller disposes it. */
export async function connectTo(standin: Standin, connectTimeoutMs?: number): Promise<KubeApi> {
  const access = selectContext(await loadKubeconfig({ path: standin.kubeconfig, env: {} }), undefined);
  return new KubeApi(access, {}, connectTimeoutMs);
}

/** Retries at once, so that tests need not wait. */
export const impatient: Pacing = {
  now: () => Date.now(),
  delay: async (_delayMs, signal) => {
    signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  },
  random: () => 0,
};

/** A watched collection, as a test follows it. */
export class Follower<T> implements Disposable {
  /** All snapshots so far. */
  readonly seen: Watched<T>[] = [];
  readonly #resource: Resource<T>;
  readonly #subscription: { dispose(): void };
  readonly #checks = new Set<() => void>();

  constructor(resource: Resource<T>) {
    this.#resource = resource;
    this.#subscription = resource.onDidChange((watched) => {
      this.seen.push(watched);
      for (const check of this.#checks) check();
    });
  }

  /** Resolves with the first snapshot from now on that is so. */
  async until(isSo: (watched: Watched<T>) => boolean): Promise<Watched<T>> {
    const { promise, resolve } = Promise.withResolvers<Watched<T>>();
    const check = (): void => {
      if (isSo(this.#resource.current)) resolve(this.#resource.current);
    };
    this.#checks.add(check);
    check();
    return promise.finally(() => this.#checks.delete(check));
  }

  [Symbol.dispose](): void {
    this.#subscription.dispose();
  }
}
