import type { BuilderLoss } from "./podLoss.ts";

/**
 * How long buildx gets to notice by itself, and the steps to end that end in time. Where nobody knows it is how long
 * the build must have told nothing besides.
 */
const giveUpAfterMs: Readonly<Record<BuilderLoss["kind"], number>> = {
  lost: 2_000,
  // What is being deleted goes on for some seconds.
  ending: 5_000,
  // Kubernetes has waited for 40 s before it says so.
  unheard: 8_000,
  // A network may come back; by then BuildKit itself has ended the builds of a client it does not hear (session/grpc.go).
  silent: 45_000,
  // Nothing but a quiet step speaks against it, and many are quiet for a minute.
  possible: 180_000,
};
/** How long buildx gets to end in good order. */
const killAfterMs = 2_000;

/** Ends a build whose builder is lost, because buildx would find out late or never. */
export class GivingUp {
  readonly #end: (loss: BuilderLoss) => void;
  readonly #kill: () => void;
  #kind: BuilderLoss["kind"] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasHeard = false;
  #hasEnded = false;

  /** `end`: asks buildx to stop; `kill`: when it has not. */
  constructor(end: (loss: BuilderLoss) => void, kill: () => void) {
    this.#end = end;
    this.#kill = kill;
  }

  /**
   * Takes what is lost as far as is known now. While that is of the same kind, its time runs on.
   */
  consider(loss: BuilderLoss | undefined): void {
    if (this.#hasEnded || this.#kind === loss?.kind) return;
    if (isSure(this.#kind) && !isSure(loss?.kind)) return;
    clearTimeout(this.#timer);
    this.#kind = loss?.kind;
    if (loss) this.#wait(loss);
  }

  /** Gives it up without waiting. */
  now(loss: BuilderLoss): void {
    if (this.#hasEnded) return;
    clearTimeout(this.#timer);
    this.#hasEnded = true;
    this.#end(loss);
    this.#timer = setTimeout(this.#kill, killAfterMs);
  }

  /** buildx has told something: it is not cut off. */
  heard(): void {
    this.#hasHeard = true;
  }

  /** Gives nothing up any more. What has been asked to stop is killed all the same when it does not. */
  stop(): void {
    if (!this.#hasEnded) clearTimeout(this.#timer);
    this.#hasEnded = true;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #wait(loss: BuilderLoss): void {
    this.#hasHeard = false;
    this.#timer = setTimeout(() => {
      if (!isSure(loss.kind) && this.#hasHeard) this.#wait(loss);
      else this.now(loss);
    }, giveUpAfterMs[loss.kind]);
  }
}

/** What is lost for sure stays so, also when something else has taken its place; of the rest the build may know better. */
function isSure(kind: BuilderLoss["kind"] | undefined): boolean {
  return kind === "lost" || kind === "ending";
}
