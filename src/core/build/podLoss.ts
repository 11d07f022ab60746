import { avoidsTerminatingPods, noticesLoss, type BuildxVersion } from "../buildx/version.ts";
import type { Pod } from "../cluster/objects.ts";
import { buildKitContainer } from "../cluster/wireWorkload.ts";
import { t } from "../l10n.ts";
import type { Platform } from "../platform.ts";
import type { PlannedPlatform } from "./plan.ts";
import type { Failure } from "./snapshot.ts";

/** What has happened to the builder of a build. */
export interface BuilderLoss {
  /**
   * `lost`: nothing of the build goes on in a pod. `ending`: it does for some seconds more. `unheard`: the machine that
   * the pod is on does not report. `silent`: the whole cluster does not answer. `possible`: one of several pods is lost,
   * and buildx would not notice if it was that. With the last three nobody knows: what the build itself tells counts.
   */
  readonly kind: "lost" | "ending" | "unheard" | "silent" | "possible";
  readonly platforms: readonly Platform[];
  /** A sentence: what has become of what. */
  readonly what: string;
  /** What to do about it, as a sentence. */
  readonly remedy: string;
}

/** The same as the failure of a build. */
export function failureOfLoss({ what, remedy, platforms }: BuilderLoss): Failure {
  return {
    what,
    message: "",
    advice: remedy,
    cause: "connection",
    platform: platforms.length === 1 ? platforms[0] : undefined,
    logTail: [],
  };
}

interface UsedPod {
  readonly pod: Pod;
  readonly platforms: Platform[];
  readonly workload: string;
}

/**
 * Watches over the pods that a build may work on: those that have run since it began. buildx finds out late or not at
 * all that a pod is gone (before 0.36 it hangs), and never why.
 */
export class UsedPods {
  readonly #platformsByWorkload: ReadonlyMap<string, Platform[]>;
  readonly #used = new Map<string, UsedPod>();
  readonly #version: BuildxVersion;
  #isUndecided = false;

  constructor(platforms: readonly PlannedPlatform[], version: BuildxVersion) {
    this.#version = version;
    const byWorkload = new Map<string, Platform[]>();
    for (const { platform, builderNode } of platforms) {
      const workload = builderNode?.kubernetes?.workload;
      if (workload !== undefined) byWorkload.set(workload, [...(byWorkload.get(workload) ?? []), platform]);
    }
    this.#platformsByWorkload = byWorkload;
  }

  /**
   * Takes the pods of the builder's namespace as they are now.
   *
   * @param hasBegun whether a platform's build has: then it is on a pod that was there before
   * @returns the loss of what the build is on: of several pods, on one of which it is, all must be lost
   */
  update(pods: readonly Pod[], hasBegun: (platform: Platform) => boolean): BuilderLoss | undefined {
    const known = new Set([...this.#used.values()].map(({ workload }) => workload));
    // What comes in a pod's place after the build has begun there has no part in it.
    for (const pod of pods)
      if (!known.has(pod.app) || !this.#platformsByWorkload.get(pod.app)?.some(hasBegun)) this.#add(pod);
    const all = [...this.#platformsByWorkload].flatMap(([workload]) => this.#lossOf(workload, pods) ?? []);
    const losses = all.filter(({ platforms }) => platforms.some(hasBegun) || !noticesLoss(this.#version));
    this.#isUndecided = losses.length < all.length;
    return (["lost", "ending", "unheard", "possible"] as const)
      .map((wanted) => losses.find(({ kind }) => kind === wanted))
      .find(Boolean);
  }

  /**
   * True while a pod is lost before the build has begun on it. That is no loss where the pod is only replaced while its
   * builder starts, and buildx would notice if it is one; it is one when the build then begins.
   */
  get isUndecided(): boolean {
    return this.#isUndecided;
  }

  /** The loss of any pod that the build may have been on; to be asked when the build has lost its connection. */
  possibleLoss(pods: readonly Pod[] | undefined): BuilderLoss | undefined {
    const losses = [...this.#used.values()].flatMap((used) => (pods && lossOf(used, pods)) ?? []);
    return losses.find(({ kind }) => kind === "lost") ?? losses[0];
  }

  #lossOf(workload: string, pods: readonly Pod[]): BuilderLoss | undefined {
    const used = [...this.#used.values()].filter((one) => one.workload === workload);
    const losses = used.flatMap((one) => lossOf(one, pods) ?? []);
    const isAnyOther = pods.some(
      ({ app, uid, phase }) => app === workload && phase === "Running" && !this.#used.has(uid),
    );
    const isLost = losses.length === used.length;
    // One that is there already when its loss is seen may be the one that the build is on: buildx knows.
    if (isLost && !(isAnyOther && noticesLoss(this.#version)))
      return (
        (["unheard", "ending"] as const).map((weak) => losses.find(({ kind }) => kind === weak)).find(Boolean) ??
        losses.at(-1)
      );
    const [first] = losses;
    if (!first || noticesLoss(this.#version)) return undefined;
    const remedy = t("It may have been built there: nothing has been heard of the build since. {0}", first.remedy);
    return { ...first, kind: "possible", remedy };
  }

  #add(pod: Pod): void {
    const platforms = this.#platformsByWorkload.get(pod.app);
    if (!platforms || this.#used.has(pod.uid) || pod.phase !== "Running") return;
    if (avoidsTerminatingPods(this.#version) && pod.state.kind === "terminating") return;
    // It does not run at the moment: buildx waits until it does.
    if (isBuildKitDown(pod)) return;
    this.#used.set(pod.uid, { pod, platforms, workload: pod.app });
  }
}

function lossOf({ pod, platforms }: UsedPod, pods: readonly Pod[]): BuilderLoss | undefined {
  const now = pods.find(({ uid }) => uid === pod.uid);
  const lost = (what: string, remedy = buildAgain()): BuilderLoss => ({ kind: "lost", platforms, what, remedy });
  const deleted = lost(t("The builder pod {0} was deleted.", pod.name));
  if (!now) return deleted;
  const { state, phase, lastEnd } = now;
  if (state.kind === "terminating") return { ...deleted, kind: "ending" };
  if (state.kind === "dead" && (phase === "Failed" || phase === "Succeeded"))
    return lost(t("The builder pod {0} has ended: {1}.", pod.name, state.text), remedyFor(now));
  // Between its end and its next start a container that has ended before counts as stuck, and as restarted only then.
  const hasEnded = lastEnd !== undefined && lastEnd.endedMs !== pod.lastEnd?.endedMs;
  if (hasEnded || now.restarts > pod.restarts) {
    const how = lastEnd?.text ?? t("the cause is not known");
    return lost(t("BuildKit in the builder pod {0} has ended: {1}.", pod.name, how), remedyFor(now));
  }
  if (state.kind === "ready" || !isBuildKitDown(now)) return undefined;
  if (state.kind === "stuck" && state.isNodeSilent)
    return { ...lost(t("Nothing is heard of the builder pod {0}: {1}.", pod.name, state.text)), kind: "unheard" };
  return lost(t("The builder pod {0} has stopped: {1}.", pod.name, state.text), remedyFor(now));
}

/** A container that somebody has put beside BuildKit may crash as it likes. */
function isBuildKitDown({ state }: Pod): boolean {
  return (
    (state.kind === "stuck" || state.kind === "dead") && (state.container ?? buildKitContainer) === buildKitContainer
  );
}

function remedyFor({ lastEnd }: Pod): string {
  if (!lastEnd?.isOutOfMemory) return buildAgain();
  return t(
    "Create a builder with more memory (driver options requests.memory and limits.memory), or let the step need less.",
  );
}

function buildAgain(): string {
  return t("Build again: a new pod takes its place; its cache is empty at first.");
}
