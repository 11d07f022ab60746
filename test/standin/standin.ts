import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Disposable } from "../../src/core/event.ts";
import { Access, type Denial } from "./access.ts";
import { ApiServer } from "./apiServer.ts";
import { ClusterNodeControl } from "./clusterNodeControl.ts";
import { removeEmptyNamespace } from "./deletion.ts";
import type { Exchange } from "./exchange.ts";
import { execInPod } from "./execRoute.ts";
import type { Faults } from "./faults.ts";
import { type Certificate, kubeconfigText, readCertificate } from "./kubeconfig.ts";
import { Kubelet, type PodMode } from "./kubelet.ts";
import { namespaces } from "./kinds.ts";
import { Lists } from "./lists.ts";
import { PodControl } from "./podControl.ts";
import type { PodObject } from "./podObjects.ts";
import { create } from "./resources.ts";
import { answer } from "./router.ts";
import { Scheduler } from "./scheduler.ts";
import { type Scale, seedScale } from "./seed.ts";
import { Store } from "./store.ts";
import { Texts } from "./texts.ts";
import { WorkloadControllers } from "./workloadControllers.ts";

/** How a stand-in is to be. */
export interface StandinOptions {
  /** Default: any that is free. */
  readonly port?: number;
  /** Default: `server`, a good one. With `none` it speaks plain HTTP, and everybody is let in. */
  readonly certificate?: Certificate;
  /** True: it speaks HTTP/1.1 only, as a gateway may. Default: HTTP/2 too, where there is TLS. */
  readonly isHttp1?: boolean;
  /** Architectures of the cluster nodes `node-ARCHITECTURE`. Default: amd64 and arm64. */
  readonly architectures?: readonly string[];
  /** Default: `ready`. */
  readonly podMode?: PodMode;
  /** True: readiness probes come when the pods say, which with buildx's own takes half a minute. Default: at once. */
  readonly hasRealProbes?: boolean;
  /** How many changes are kept for watches that come back. Default: 10,000. */
  readonly logSize?: number;
  /** Time between two bookmarks of a watch. Default: a minute, as in Kubernetes. */
  readonly bookmarkMs?: number;
}

/**
 * A Kubernetes API server with controllers, scheduler and kubelets, in this process, for faults and sizes that a real
 * cluster cannot make on demand. Its parts are what tests use; disposed, it leaves no process, port or file.
 */
export class Standin implements AsyncDisposable {
  /** The administrator's token. */
  readonly token = randomBytes(16).toString("hex");
  readonly store: Store;
  readonly pods: PodControl;
  readonly clusterNodes: ClusterNodeControl;
  readonly access: Access;
  readonly server: ApiServer;
  readonly #dir = mkdtempSync(path.join(tmpdir(), "standin-"));
  readonly #scheme: string;
  readonly #lists: Lists;
  readonly #controllers: WorkloadControllers;
  readonly #scheduler: Scheduler;
  readonly #kubelet: Kubelet;

  private constructor(options: StandinOptions) {
    const { certificate = "server", logSize = 10_000, bookmarkMs = 60_000 } = options;
    const tls = readCertificate(certificate);
    this.#scheme = tls ? "https" : "http";
    this.store = new Store(logSize);
    this.access = new Access(tls !== undefined);
    this.access.accept(this.token, "admin");
    this.#lists = new Lists(this.store);
    const { podMode: mode = "ready", hasRealProbes = false } = options;
    this.#kubelet = new Kubelet(this.store, { dir: this.#dir, mode, hasRealProbes });
    this.#controllers = new WorkloadControllers(this.store, (namespace) => this.pods.refusalIn(namespace));
    this.#scheduler = new Scheduler(this.store);
    this.pods = new PodControl(this.store, this.#kubelet, () => this.#controllers.retry());
    const backend = {
      store: this.store,
      access: this.access,
      lists: this.#lists,
      texts: new Texts(),
      bookmarkMs,
      logOf: (pod: PodObject, query: URLSearchParams) => this.#kubelet.logOf(pod, query),
    };
    const handlers = {
      answer: async (exchange: Exchange) => answer(exchange, backend),
      upgrade: async (exchange: Exchange, head: Buffer) => execInPod(exchange, head, this.store, this.#kubelet),
    };
    this.server = new ApiServer(this.access, handlers, { tls, isHttp1: options.isHttp1 });
    this.clusterNodes = new ClusterNodeControl(this.store, this.faults);
    this.store.onDidChange(({ type, object }) => {
      if (type === "DELETED") removeEmptyNamespace(this.store, object.metadata.namespace ?? "");
    });
    for (const name of ["default", "kube-system"]) this.addNamespace(name);
    for (const architecture of options.architectures ?? ["amd64", "arm64"]) {
      this.clusterNodes.add(`node-${architecture}`, { architecture });
    }
  }

  /** Starts one; `await using` ends it. */
  static async start(options: StandinOptions = {}): Promise<Standin> {
    const standin = new Standin(options);
    await standin.server.listen(options.port ?? 0);
    standin.writeKubeconfig();
    return standin;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.server.port}`;
  }

  /** Path of a kubeconfig with one context, `standin`, of the administrator. */
  get kubeconfig(): string {
    return path.join(this.#dir, "kubeconfig");
  }

  /** What goes wrong. */
  get faults(): Faults {
    return this.server.faults;
  }

  /** Requests that have not ended, watches and exec connections among them. */
  get running(): readonly Exchange[] {
    return this.server.running;
  }

  /** Writes the kubeconfig anew, for another user or with another token. */
  writeKubeconfig(signIn: { readonly token?: string; readonly user?: string; readonly namespace?: string } = {}): void {
    const { token = this.token, user = "admin", namespace } = signIn;
    mkdirSync(this.#dir, { recursive: true });
    writeFileSync(this.kubeconfig, kubeconfigText({ server: this.url, token, user, namespace }), { mode: 0o600 });
  }

  addNamespace(name: string): void {
    create(this.store, namespaces, undefined, { metadata: { name } });
  }

  /** Fills the cluster with so many objects, besides those that are there. */
  seed(scale: Scale): void {
    seedScale(this.store, scale);
  }

  /** From now on that is forbidden, until the result is disposed. */
  deny(denial: Denial): Disposable {
    return this.access.deny(denial);
  }

  /** Forgets what was: every watch that comes back and every list that goes on gets 410. Running ones stay. */
  forget(): void {
    this.store.compact();
    this.#lists.expire();
  }

  /** Sends a bookmark to the running watches. */
  bookmark(): void {
    for (const { watch } of this.running) watch?.bookmark();
  }

  /** Resolves when it is so; asked again after each change of an object and each progress of a request. */
  async until(isSo: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = (): void => {
      if (isSo()) resolve();
    };
    const subscriptions = [this.store.onDidChange(check), this.server.onDidProgress(check)];
    check();
    await promise.finally(() => subscriptions.forEach((subscription) => subscription.dispose()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controllers.dispose();
    this.#scheduler.dispose();
    await this.server[Symbol.asyncDispose]();
    await this.#kubelet[Symbol.asyncDispose]();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
