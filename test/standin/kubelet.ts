import { readFileSync } from "node:fs";
import path from "node:path";
import { BuildkitProcess } from "./buildkitProcess.ts";
import { clusterNodes, configMaps, pods } from "./kinds.ts";
import { isFields, type KubeObject } from "./objects.ts";
import type { PodPlace } from "./podExec.ts";
import type { ClusterNodeObject, Container, PodObject } from "./podObjects.ts";
import { ImaginaryProcess, type PodProcess } from "./podProcess.ts";
import { PodRun } from "./podRun.ts";
import { badRequest, Refusal } from "./refusal.ts";
import type { Change, Store } from "./store.ts";

/**
 * What becomes of a new pod by itself: a real BuildKit runs in it; it says that it is ready, or only that it runs, with
 * nothing behind it; or nothing, until a test says what.
 */
export type PodMode = "buildkit" | "ready" | "running" | "scripted";

export interface KubeletOptions {
  /** For the files of the pods. */
  readonly dir: string;
  readonly mode: PodMode;
  /** True: probes come when the pod says; else as soon as they can succeed. */
  readonly hasRealProbes: boolean;
}

/** The kubelets of all nodes: makes pods live and end. */
export class Kubelet implements AsyncDisposable {
  readonly #store: Store;
  readonly #options: KubeletOptions;
  readonly #runs = new Map<string, PodRun>();
  readonly #ending = new Set<Promise<void>>();
  #started = 0;
  /** Of pods that are made from now on. */
  mode: PodMode;

  constructor(store: Store, options: KubeletOptions) {
    this.#store = store;
    this.#options = options;
    this.mode = options.mode;
    store.onDidChange((change) => this.#note(change));
  }

  /** The life of that pod; of one that was put there as it is, one without a process. */
  runOf(pod: KubeObject): PodRun {
    const uid = pod.metadata.uid ?? "";
    const known = this.#runs.get(uid);
    if (known) return known;
    const run = new PodRun(this.#store, pod as PodObject);
    this.#runs.set(uid, run);
    return run;
  }

  /** Where a command is to be run. @throws {Refusal} nothing runs in that pod */
  placeOf(pod: PodObject, container: string): { readonly place: PodPlace; readonly gone: AbortSignal } {
    const { name } = pod.metadata;
    if (pod.spec.nodeName === undefined) throw badRequest(`pod ${name} does not have a host assigned`);
    const phase = pod.status?.phase;
    if (phase === "Succeeded" || phase === "Failed") {
      throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
    }
    const running = this.#runs.get(pod.metadata.uid ?? "")?.process;
    if (!running) throw new Refusal(404, "NotFound", `container not found ("${container}")`);
    return { place: { dir: this.#options.dir, env: running.process.env }, gone: running.gone };
  }

  /** What the pod's container has written. @throws {Refusal} it has not run */
  logOf(pod: PodObject, query: URLSearchParams): string {
    const run = this.#runs.get(pod.metadata.uid ?? "");
    const text = run?.log ?? (run?.logPath === undefined ? undefined : readFileSync(run.logPath, "utf8"));
    if (text === undefined) {
      const container = pod.spec.containers?.[0]?.name ?? "";
      throw badRequest(`container "${container}" in pod "${pod.metadata.name}" is waiting to start: ContainerCreating`);
    }
    const count = Number(query.get("tailLines") ?? Infinity);
    const lines = text.split(/(?<=\n)/);
    return lines.slice(Math.max(0, lines.length - count)).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#runs.values()].map(async (run) => run.dispose()));
    await Promise.all(this.#ending);
  }

  #note({ kind, type, object, previous }: Change): void {
    if (kind !== pods) return;
    const pod = object as PodObject;
    const { uid = "", deletionGracePeriodSeconds: grace } = pod.metadata;
    if (type === "DELETED") {
      const run = this.#runs.get(uid);
      this.#runs.delete(uid);
      if (run) this.#track(run.dispose());
    } else if (grace !== undefined && grace !== previous?.metadata.deletionGracePeriodSeconds) {
      this.#track(soon(async () => this.runOf(pod).terminate(grace)));
    } else if (pod.spec.nodeName !== undefined && isNew(pod) && !this.#runs.has(uid) && this.mode !== "scripted") {
      const { mode } = this;
      const run = this.runOf(pod);
      const program = { start: () => this.#start(pod, mode), hasRealProbes: this.#options.hasRealProbes };
      this.#track(soon(async () => run.live(program)));
    }
  }

  #start(pod: PodObject, mode: PodMode): PodProcess {
    const container = pod.spec.containers?.[0];
    if (mode !== "buildkit" || container?.name !== "buildkitd") return new ImaginaryProcess(mode !== "running");
    this.#started += 1;
    const dir = path.join(this.#options.dir, `p${this.#started}`);
    const clusterNode: ClusterNodeObject | undefined = this.#store.find(
      clusterNodes,
      undefined,
      pod.spec.nodeName ?? "",
    );
    return new BuildkitProcess({
      dir,
      architecture: clusterNode?.status?.nodeInfo?.architecture ?? "amd64",
      args: container.args ?? [],
      env: Object.fromEntries((container.env ?? []).map(({ name, value = "" }) => [name, value])),
      config: configOf(this.#store, pod, container),
    });
  }

  #track(work: Promise<void>): void {
    this.#ending.add(work);
    void work.finally(() => this.#ending.delete(work));
  }
}

/** True for a pod that no kubelet has seen. */
function isNew({ status, metadata }: PodObject): boolean {
  return (
    status?.phase === "Pending" && status.containerStatuses === undefined && metadata.deletionTimestamp === undefined
  );
}

/** Not within the change that has caused it. */
async function soon(work: () => Promise<void>): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await work();
}

/** The files that ConfigMaps put into `/etc/buildkit`, by their path in there. */
function configOf(store: Store, pod: PodObject, { volumeMounts = [] }: Container): ReadonlyMap<string, Buffer> {
  const root = "/etc/buildkit";
  const files = new Map<string, Buffer>();
  for (const { name, mountPath } of volumeMounts) {
    const volume = pod.spec.volumes?.find((one) => one.name === name);
    const object = store.find(configMaps, pod.metadata.namespace, volume?.configMap?.name ?? "");
    if (!object || !mountPath.startsWith(root)) continue;
    const put = (key: string, content: Buffer): unknown =>
      files.set(path.join(mountPath.slice(root.length), key), content);
    for (const [key, text] of entries(object["data"])) put(key, Buffer.from(text));
    for (const [key, text] of entries(object["binaryData"])) put(key, Buffer.from(text, "base64"));
  }
  return files;
}

function entries(value: unknown): readonly (readonly [string, string])[] {
  return isFields(value) ? Object.entries(value).map(([key, text]) => [key, String(text)] as const) : [];
}
