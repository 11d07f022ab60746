import { deleteObject } from "./deletion.ts";
import { recordEvent, type Happening } from "./eventRecorder.ts";
import type { Kubelet, PodMode } from "./kubelet.ts";
import { pods } from "./kinds.ts";
import type { PodObject, PodStatus } from "./podObjects.ts";
import type { Ending } from "./podStatus.ts";
import { create } from "./resources.ts";
import type { Store } from "./store.ts";

/** What a test does to pods. Names are those in `metadata`; a pod that is not there is an error. */
export class PodControl {
  readonly #store: Store;
  readonly #kubelet: Kubelet;
  readonly #refusals = new Map<string, string>();
  readonly #retry: () => void;

  /** `retry`: makes the controllers try again. */
  constructor(store: Store, kubelet: Kubelet, retry: () => void) {
    this.#store = store;
    this.#kubelet = kubelet;
    this.#retry = retry;
  }

  /** What becomes of pods that are made from now on. */
  set mode(mode: PodMode) {
    this.#kubelet.mode = mode;
  }

  /** All of a namespace; of one builder node when `app` is given. */
  list(namespace: string, app?: string): readonly PodObject[] {
    const all = this.#store.list(pods) as readonly PodObject[];
    return all.filter(
      ({ metadata }) => metadata.namespace === namespace && (app === undefined || metadata.labels?.["app"] === app),
    );
  }

  get(namespace: string, name: string): PodObject {
    return this.#store.get(pods, namespace, name) as PodObject;
  }

  /** Puts a pod there, for example one of `test/fixtures/kube/pods`, as it is: nothing happens to it by itself. */
  put(namespace: string, pod: PodObject): PodObject {
    const { status } = pod;
    const metadata = { ...pod.metadata, namespace, ownerReferences: undefined };
    const made = create(this.#store, pods, namespace, { ...pod, metadata });
    this.#kubelet.runOf(made).script();
    return this.#store.replace(pods, { ...made, status }) as PodObject;
  }

  /** From now on the pod's status is this one, with the rest as it was; nothing else changes it any more. */
  setStatus(namespace: string, name: string, status: Partial<PodStatus>): void {
    const pod = this.get(namespace, name);
    this.#kubelet.runOf(pod).script();
    this.#store.replace(pods, { ...pod, status: { ...pod.status, ...status } });
  }

  /** Ends the container so, for example `{ exitCode: 137, reason: "OOMKilled" }`. Its pod starts it again. */
  kill(namespace: string, name: string, ending: Ending = { exitCode: 137 }): void {
    this.#kubelet.runOf(this.get(namespace, name)).kill(ending);
  }

  /** Ends the pod for good, as a node that runs out of memory does. */
  evict(namespace: string, name: string, message = "The node was low on resource: memory."): void {
    const pod = this.get(namespace, name);
    recordEvent(this.#store, pod, { type: "Warning", reason: "Evicted", message });
    this.#kubelet.runOf(pod).fail({ reason: "Evicted", message });
  }

  /** Deletes it as `kubectl delete` does. `graceSeconds` 0: by force. */
  delete(namespace: string, name: string, graceSeconds?: number): void {
    deleteObject(this.#store, pods, this.get(namespace, name), { graceSeconds, isCascading: true });
  }

  /** Once it is deleted the pod stays terminating, until the result is called. */
  hold(namespace: string, name: string): () => void {
    return this.#kubelet.runOf(this.get(namespace, name)).hold();
  }

  /** From now on that is what the pod has written. */
  setLog(namespace: string, name: string, text: string): void {
    this.#kubelet.runOf(this.get(namespace, name)).log = text;
  }

  /** Makes an Event object about the pod. */
  addEvent(namespace: string, name: string, happening: Happening): void {
    recordEvent(this.#store, this.get(namespace, name), happening);
  }

  /** From now on workloads of that namespace get no pods, for that reason, as Pod Security says it; undefined: again. */
  refuse(namespace: string, reason: string | undefined): void {
    if (reason === undefined) this.#refusals.delete(namespace);
    else this.#refusals.set(namespace, reason);
    this.#retry();
  }

  /** Why no pods may be made there. */
  refusalIn(namespace: string | undefined): string | undefined {
    return this.#refusals.get(namespace ?? "");
  }
}
