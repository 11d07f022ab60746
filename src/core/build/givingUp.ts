import type { BuilderLoss } from "./podLoss.ts";

/**
 * How long buildx gets to notice by itself, and the steps to end that end in time. Where nobody knows it is how long
 * the build must have told nothing besides.
 */
const giveUpAfterMs: Readonly<Record<BuilderLoss["kind"], number>> = {
  lost: 2_000,
  // What is being deleted goes on for some seconds.
  ending: 5_000,
  // Kubernetes has waited for most of a minute before it says so.
  unheard: 8_000,
  // A network may come back; by then BuildKit itself has ended the builds of a client it does not hear (session/grpc.go).
  silent: 45_000,
  // Nothing but a quiet step speaks against it, and many are quiet for a minute.
  possible: 180_000,
};
/** How long buildx gets to end in good order. */
const killAfterMs = 2_000;

/** After so long a build of which nobody knows whether it goes on is called quiet. */
const quietAfterMs = 5_000;

/** What happens to a build whose builder is lost. */
export interface GivingUpActions {
  /** It has been quiet for a while, and may be lost. */
  quiet(): void;
  /** Asks buildx to stop. */
  end(loss: BuilderLoss): void;
  /** When it has not. */
  kill(): void;
}

/** Ends a build whose builder is lost, because buildx would find out late or never. */
export class GivingUp {
  readonly #actions: GivingUpActions;
  #loss: BuilderLoss | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Since when (epoch) it is lost, as far as is known, and nothing was heard of the build. */
  #sinceMs = 0;
  #isQuiet = false;
  #hasEnded = false;

  constructor(actions: GivingUpActions) {
    this.#actions = actions;
  }

  /** True while it is not known whether the build goes on, and it has told nothing for some seconds. */
  get isQuiet(): boolean {
    return this.#isQuiet;
  }

  /** Takes what is lost as far as is known now. While that is of the same kind, its time runs on. */
  consider(loss: BuilderLoss | undefined): void {
    if (this.#hasEnded || (isSure(this.#loss) && !isSure(loss))) return;
    const isSame = this.#loss?.kind === loss?.kind;
    this.#loss = loss;
    if (isSame) return;
    this.#isQuiet = false;
    this.#sinceMs = Date.now();
    this.#wait();
  }

  /** Gives it up without waiting. */
  now(loss: BuilderLoss): void {
    if (this.#hasEnded) return;
    clearTimeout(this.#timer);
    this.#hasEnded = true;
    this.#actions.end(loss);
    this.#timer = setTimeout(() => this.#actions.kill(), killAfterMs);
  }

  /** buildx has told something: it is not cut off. Costs nothing, for it may tell thousands of lines. */
  heard(): void {
    if (isSure(this.#loss)) return;
    this.#isQuiet = false;
    this.#sinceMs = Date.now();
  }

  /** Gives nothing up any more. What has been asked to stop is killed all the same when it does not. */
  stop(): void {
    if (!this.#hasEnded) clearTimeout(this.#timer);
    this.#hasEnded = true;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    // The latest word: of its pod, for example, that also its namespace is being deleted.
    const loss = this.#loss;
    if (!loss || this.#hasEnded) return;
    const isDoubted = isSure(loss) || this.#isQuiet;
    const dueMs = this.#sinceMs + (isDoubted ? giveUpAfterMs[loss.kind] : quietAfterMs);
    const leftMs = dueMs - Date.now();
    if (leftMs > 0) this.#timer = setTimeout(() => this.#wait(), leftMs);
    else if (isDoubted) this.now(loss);
    else {
      this.#isQuiet = true;
      this.#actions.quiet();
      this.#wait();
    }
  }
}

/** What is lost for sure stays so, also when something else has taken its place; of the rest the build may know better. */
function isSure(loss: BuilderLoss | undefined): boolean {
  return loss?.kind === "lost" || loss?.kind === "ending";
}
