import { isDeepStrictEqual } from "node:util";
import { type Disposable, Emitter, type Event } from "../event.ts";
import { messageOf, UserError } from "../errors.ts";
import type { KubeApi } from "./api.ts";
import type { Collections } from "./collections.ts";
import type { ClusterAccess } from "./kubeconfig.ts";
import type { Resource } from "./listWatch.ts";
import type { ClusterNode, Pod, Workload } from "./objects.ts";
import { failedResource, SwitchedResource } from "./switchedResource.ts";

/** One server as one user, shared by all connections that lead there. */
export interface Link extends Disposable {
  readonly access: ClusterAccess;
  readonly api: KubeApi;
  readonly collections: Collections;
}

/** What a connection needs to find its way, now and after its kubeconfig has changed. */
export interface Route {
  /** Reads the kubeconfig again. */
  resolve(): Promise<ClusterAccess>;
  /** A use of the shared link; the user disposes it. */
  link(access: ClusterAccess): Link;
  /** Calls the listener after the kubeconfig has changed. */
  onDidChange(listener: () => void): Disposable;
}

/**
 * A use of one cluster, until disposed. It follows its kubeconfig: when that changes so that the context means another
 * server or user, everything here moves there; while the kubeconfig is broken, everything here fails with its reason.
 */
export class ClusterConnection implements Disposable {
  readonly #route: Route;
  readonly #kubeconfigWatch: Disposable;
  readonly #nodes: SwitchedResource<ClusterNode>;
  readonly #pods = new Map<string, SwitchedResource<Pod>>();
  readonly #workloads = new Map<string, SwitchedResource<Workload>>();
  readonly #moved = new Emitter<void>();
  #link: Link;
  #broken: UserError | undefined;
  #reloads = 0;

  /** Fires when the kubeconfig means another context, or another namespace of it. */
  readonly onDidMove: Event<void> = this.#moved.event;

  constructor(access: ClusterAccess, route: Route) {
    this.#route = route;
    this.#link = route.link(access);
    this.#nodes = new SwitchedResource(this.#link.collections.nodes());
    this.#kubeconfigWatch = route.onDidChange(() => void this.#reload());
  }

  /** Name of the context. */
  get name(): string {
    return this.#link.access.context.name;
  }

  /** URL of the API server. */
  get server(): string {
    return this.#link.access.context.server;
  }

  /** Namespace of the context; `default` when it names none. */
  get namespace(): string {
    return this.#link.access.context.namespace ?? "default";
  }

  /** The client of this moment; ask again for each use. @throws {UserError} while the kubeconfig is broken */
  get api(): KubeApi {
    if (this.#broken) throw this.#broken;
    return this.#link.api;
  }

  nodes(): Resource<ClusterNode> {
    return this.#nodes;
  }

  /** BuildKit pods of the namespace. */
  pods(namespace: string): Resource<Pod> {
    return this.#switched(this.#pods, namespace, () => this.#link.collections.pods(namespace));
  }

  /** Deployments and StatefulSets of the namespace that run BuildKit. */
  workloads(namespace: string): Resource<Workload> {
    return this.#switched(this.#workloads, namespace, () => this.#link.collections.workloads(namespace));
  }

  dispose(): void {
    this.#reloads = Infinity;
    this.#kubeconfigWatch.dispose();
    this.#link.dispose();
  }

  /** Never throws: what is wrong becomes the state of the resources. */
  async #reload(): Promise<void> {
    const reload = (this.#reloads += 1);
    try {
      const access = await this.#route.resolve();
      if (reload !== this.#reloads) return; // A later change came in between, or the end.
      const previous = this.#link;
      const isSamePlace = isDeepStrictEqual(access.context, previous.access.context);
      if (access.identity === previous.access.identity && isSamePlace && !this.#broken) return;
      this.#link = this.#route.link(access);
      this.#broken = undefined;
      this.#switchAll(this.#link.collections, previous.access.context.server === access.context.server);
      previous.dispose();
      if (!isSamePlace) this.#moved.fire();
    } catch (error) {
      if (reload !== this.#reloads) return;
      this.#broken = error instanceof UserError ? error : new UserError(messageOf(error), { cause: error });
      this.#switchAll(this.#broken, false);
    }
  }

  #switchAll(target: Collections | UserError, isSameServer: boolean): void {
    const move = <T>(resource: SwitchedResource<T>, of: (collections: Collections) => Resource<T>): void =>
      resource.switchTo(target instanceof UserError ? failedResource(target) : of(target), isSameServer);
    move(this.#nodes, (collections) => collections.nodes());
    for (const [namespace, pods] of this.#pods) move(pods, (collections) => collections.pods(namespace));
    for (const [namespace, own] of this.#workloads) move(own, (collections) => collections.workloads(namespace));
  }

  #switched<T>(
    known: Map<string, SwitchedResource<T>>,
    namespace: string,
    source: () => Resource<T>,
  ): SwitchedResource<T> {
    const existing = known.get(namespace);
    if (existing) return existing;
    const fresh = new SwitchedResource(this.#broken ? failedResource<T>(this.#broken) : source());
    known.set(namespace, fresh);
    return fresh;
  }
}
