import { access } from "node:fs/promises";
import type { Builder } from "../buildx/builder.ts";
import { buildxConfigDir, instancePath, readBuilders } from "../buildx/store.ts";
import { onDidChangeFiles } from "../fileChanges.ts";
import { kubeconfigFiles } from "../cluster/kubeconfig.ts";
import { deleteNamespace } from "../cluster/namespaces.ts";
import { deleteVolumeClaims } from "../cluster/volumeClaims.ts";
import type { Disposable } from "../event.ts";
import { isRunning } from "../processes.ts";
import type { BuilderDeps } from "./deps.ts";
import { namespaceOf } from "./builderCluster.ts";
import { isUntouched } from "./namespaceUse.ts";
import { readPins, refreshPin, removePin, type Pin } from "./pins.ts";
import { removeBuilder } from "./remove.ts";

/** What {@link BuilderUpkeep} works with; buildx is looked for only when it is needed. */
export interface UpkeepDeps extends Omit<BuilderDeps, "cli"> {
  readonly cli: () => Promise<BuilderDeps["cli"]>;
  /** Told in words what was done, and what could not be. */
  readonly onNote: (text: string) => void;
}

/**
 * Looks after the builders that were made here: takes back what a window that was closed has left half made, forgets
 * the kubeconfigs of builders that are gone, and keeps the others' credentials those of the user's own kubeconfig.
 */
export class BuilderUpkeep implements Disposable {
  readonly #deps: UpkeepDeps;
  #watch: Disposable | undefined;
  #isDisposed = false;

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
  }

  /** Does all of it now, and goes on to follow the kubeconfigs. Never throws. */
  async run(): Promise<void> {
    await this.#eachPin((pin) => this.#tidy(pin));
    await this.follow();
  }

  /** Follows the kubeconfigs of the builders there are now. */
  async follow(): Promise<void> {
    const pins = await this.#eachPin((pin) => this.#refresh(pin));
    const { env } = this.#deps;
    const files = new Set(pins.flatMap(({ note }) => kubeconfigFiles({ path: note.source.kubeconfig, env })));
    this.#watch?.dispose();
    if (this.#isDisposed || files.size === 0) return;
    this.#watch = onDidChangeFiles([...files], () => void this.#eachPin((pin) => this.#refresh(pin)));
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#watch?.dispose();
  }

  async #eachPin(act: (pin: Pin) => Promise<void>): Promise<readonly Pin[]> {
    const pins = await readPins(this.#deps.kubeconfigFolder);
    for (const pin of pins) {
      try {
        await act(pin);
      } catch (error) {
        this.#deps.onNote(`builder ${pin.note.builder}: ${String(error)}`);
      }
    }
    return pins;
  }

  async #refresh(pin: Pin): Promise<void> {
    if (await refreshPin(pin, this.#deps.env)) this.#deps.onNote(`builder ${pin.note.builder}: new credentials`);
  }

  async #tidy(pin: Pin): Promise<void> {
    const { env, onNote } = this.#deps;
    const { builder: name, maker, store } = pin.note;
    // A builder of another store is looked after from there.
    if (store !== buildxConfigDir(env) || (maker !== undefined && isRunning(maker))) return;
    const builders = await readBuilders(env);
    const builder = builders.find((one) => one.nodes.some((node) => node.kubernetes?.kubeconfig === pin.kubeconfig));
    if (maker === undefined && builder) return;
    if (!builder && !(await this.#isGone(name, builders))) return;
    onNote(builder ? `builder ${name}: half made, is taken back` : `builder ${name}: gone, its kubeconfig too`);
    const signal = AbortSignal.timeout(tidyTimeoutMs);
    if (maker === undefined) await this.#remove(builder, signal);
    else await this.#takeBack(builder, pin, signal);
    await removePin(pin.kubeconfig);
  }

  /** False while nobody can tell: its kubeconfig is the only sure way to its pods. */
  async #isGone(name: string, builders: readonly Builder[]): Promise<boolean> {
    const sameName = builders.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (sameName) return sameName.unreadable === undefined;
    return access(instancePath(this.#deps.env, name)).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === "ENOENT",
    );
  }

  async #remove(builder: Builder | undefined, signal: AbortSignal): Promise<void> {
    if (builder) await removeBuilder(builder, { ...this.#deps, cli: await this.#deps.cli() }, { signal });
  }

  /** Removes what was made for a builder that is not finished: itself, its volume claims, its namespace. */
  async #takeBack(builder: Builder | undefined, { kubeconfig, note }: Pin, signal: AbortSignal): Promise<void> {
    const { madeNamespace: namespace, knownClaims } = note;
    if (!builder && namespace === undefined) return;
    // Opened before its kubeconfig goes with the builder.
    const connection = await this.#deps.connections.open({ kubeconfig });
    try {
      const { api } = connection;
      await this.#remove(builder, signal);
      const workloads = builder?.nodes.flatMap((node) => node.kubernetes?.workload ?? []) ?? [];
      if (builder && knownClaims)
        await deleteVolumeClaims(api, namespaceOf(builder, connection), workloads, knownClaims, signal);
      if (namespace !== undefined && (await isUntouched(api, namespace, signal)))
        await deleteNamespace(api, namespace, signal);
    } finally {
      connection.dispose();
    }
  }
}

const tidyTimeoutMs = 120_000;
