import { isDeepStrictEqual } from "node:util";
import type { FollowedBuilder } from "../builder/follow.ts";
import { type ArchitectureProgress, bootProgress } from "../builder/progress.ts";
import type { BuildxVersion } from "../buildx/version.ts";
import { watchTrouble } from "../cluster/objects.ts";
import type { Trouble } from "../errors.ts";
import { t } from "../l10n.ts";
import { architectureOf, type Platform } from "../platform.ts";
import { goneNamespace } from "./failureCause.ts";
import { placementsOf } from "./placement.ts";
import type { BuildPlan } from "./plan.ts";
import { type BuilderLoss, UsedPods } from "./podLoss.ts";
import type { BuildHead, Placement } from "./snapshot.ts";

function troubleWith({ status }: FollowedBuilder): Trouble | undefined {
  if (status.kind === "unreachable") return status;
  if (status.kind !== "kubernetes") return undefined;
  const { pods } = status.cluster;
  return pods.status.kind === "loading" ? undefined : watchTrouble(pods.status);
}

/** Where one build is done: the cluster's side of it, as far as it is known. Empty for builders that are on none. */
export class BuildSite {
  readonly #plan: BuildPlan;
  readonly #pods: UsedPods;
  #followed: FollowedBuilder | undefined;
  #placements: readonly Placement[] = [];
  #loss: BuilderLoss | undefined;
  #trouble: Trouble | undefined;
  #isSeen = false;
  #begunAt: string | undefined;
  #onUpdate: (() => void) | undefined;

  constructor(plan: BuildPlan, version: BuildxVersion) {
    this.#plan = plan;
    this.#pods = new UsedPods(plan.platforms, version);
  }

  /**
   * Takes what is known now.
   *
   * @param hasBegun whether a platform's build has: then it stays where it is, whatever comes in that pod's place
   * @returns whether the build is to be shown differently for it
   */
  update(followed: FollowedBuilder, hasBegun: (platform: Platform) => boolean): boolean {
    if (this.#isElsewhere(followed)) return false;
    const before = [this.place, this.#placements, this.bootText, this.loss];
    this.#followed = followed;
    this.#placements = placementsOf(this.#plan, followed.view).map((placement) => {
      const known = this.#placements.find(({ platform }) => platform === placement.platform);
      return known?.clusterNodes && hasBegun(placement.platform) ? known : placement;
    });
    this.#trouble = troubleWith(followed) ?? this.#trouble;
    // What one cannot see for a while is not lost.
    if (followed.view) this.#loss = this.#pods.update(followed.view.pods, hasBegun);
    const hopeless = this.#hopeless(followed);
    // While its pod ends, what runs in it may come to its end, too.
    if (hopeless) this.#loss = { ...hopeless, kind: this.#loss?.kind === "ending" ? "ending" : hopeless.kind };
    this.#isSeen ||= followed.view !== undefined;
    this.#onUpdate?.();
    return !isDeepStrictEqual(before, [this.place, this.#placements, this.bootText, this.loss]);
  }

  /** By now the kubeconfig may mean another cluster or namespace; buildx works on where it has begun. */
  #isElsewhere({ status }: FollowedBuilder): boolean {
    if (status.kind !== "kubernetes") return false;
    const { server, namespace } = status.cluster;
    const place = `${server} ${namespace}`;
    this.#begunAt ??= place;
    return this.#begunAt !== place;
  }

  /** What was told last, to be told again when a platform has begun, as long as that would make a difference. */
  get undecided(): FollowedBuilder | undefined {
    return this.#pods.isUndecided ? this.#followed : undefined;
  }

  /** True when the cluster has told what becomes of the pods. */
  get isSeen(): boolean {
    return this.#isSeen;
  }

  get placements(): readonly Placement[] {
    return this.#placements;
  }

  /** Kubeconfig context and namespace. */
  get place(): Pick<BuildHead, "cluster" | "namespace"> {
    const status = this.#followed?.status;
    if (status?.kind !== "kubernetes") return {};
    return { cluster: status.cluster.name, namespace: status.cluster.namespace };
  }

  /** What the pods wait for that are not ready, by architecture; undefined when all are or nothing is known. */
  get bootText(): string | undefined {
    return this.#bootText(({ kind }) => kind !== "ready");
  }

  /** The same, where pods or workloads tell why they are not; undefined also where there are none. */
  get bootCause(): string | undefined {
    return this.#bootText(({ kind }) => kind === "stuck" || kind === "starting");
  }

  #bootText(isMeant: (progress: ArchitectureProgress) => boolean): string | undefined {
    const status = this.#followed?.status;
    if (status?.kind !== "kubernetes") return undefined;
    const { workloads, pods } = status.cluster;
    const nodes = this.#plan.platforms.flatMap(({ platform, builderNode }) =>
      builderNode?.kubernetes ? [{ architecture: architectureOf(platform), ...builderNode.kubernetes }] : [],
    );
    const waiting = bootProgress(nodes, { workloads: workloads.items, pods: pods.items });
    const texts = waiting.filter(isMeant).map(({ architecture, text }) => `${architecture}: ${text}`);
    return texts.length === 0 ? undefined : [...new Set(texts)].join("; ");
  }

  /** What buildx would wait for in vain: it makes workloads, but no namespace, and scales nothing up. */
  #hopeless({ status }: FollowedBuilder): BuilderLoss | undefined {
    if (status.kind !== "kubernetes" || status.cluster.workloads.status.kind !== "live") return undefined;
    if (status.cluster.isNamespaceMissing) {
      const { what, advice } = goneNamespace(status.cluster.namespace);
      return { kind: "lost", platforms: [], what, remedy: advice };
    }
    const nodesOf = (workload: string): BuildPlan["platforms"] =>
      this.#plan.platforms.filter(({ builderNode }) => builderNode?.kubernetes?.workload === workload);
    const workload = status.cluster.workloads.items.find(
      ({ name, replicas }) => replicas === 0 && nodesOf(name).length > 0,
    );
    if (!workload) return undefined;
    const { kind, name, namespace } = workload;
    const planned = nodesOf(name);
    const platforms = planned.map(({ platform }) => platform);
    const { replicas = 1, kubeconfig } = planned[0]?.builderNode?.kubernetes ?? {};
    const file = kubeconfig === undefined ? "" : ` --kubeconfig="${kubeconfig}"`;
    const command = `kubectl scale ${kind.toLowerCase()}/${name} --replicas=${replicas} --namespace=${namespace}${file}`;
    return {
      kind: "lost",
      platforms,
      what: t("The builder node {0} is scaled to 0: it has no pods.", name),
      remedy: t("Scale it up, then build again: {0}", command),
    };
  }

  /** What has kept us from seeing the cluster since the build began, the latest; it may be over. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** What has happened to a pod that the build is on, or to the cluster once that has been seen. */
  get loss(): BuilderLoss | undefined {
    if (this.#loss || !this.#isSeen) return this.#loss;
    const status = this.#followed?.status;
    const pods = status?.kind === "kubernetes" ? status.cluster.pods.status : undefined;
    if (pods?.kind !== "stale" || !pods.isSilent) return undefined;
    const remedy = `${pods.reason} ${t("Build again: what was finished is in the cache.")}`;
    return { kind: "silent", platforms: [], what: t("The connection to the builder was lost."), remedy };
  }

  /**
   * The same for a build that has lost its connection: then it may have been any of its pods. Undefined when none turns
   * out to be lost within the time.
   */
  async lossWithin(timeoutMs: number): Promise<BuilderLoss | undefined> {
    const { promise, resolve } = Promise.withResolvers<BuilderLoss | undefined>();
    const look = (): void => {
      const loss = this.#loss ?? this.#pods.possibleLoss(this.#followed?.view?.pods);
      if (loss) resolve(loss);
    };
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    this.#onUpdate = look;
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#onUpdate = undefined;
    });
  }
}
