import type { JSX } from "preact";
import type { StepState } from "../src/core/build/snapshot.ts";

/** An icon of VS Code's own set. It only decorates: the words for it stand elsewhere. */
export function Icon({ name, className = "" }: { name: string; className?: string }): JSX.Element {
  return <span class={`codicon codicon-${name} ${className}`} aria-hidden="true" />;
}

/** The icon of a step's state; each state has a shape of its own, so that colour is not needed to tell them apart. */
export function StateIcon({ state }: { state: StepState }): JSX.Element {
  return <Icon name={stateIcons[state]} className={`state-${state}`} />;
}

const stateIcons: Readonly<Record<StepState, string>> = {
  pending: "circle-small-filled",
  running: "loading",
  done: "check",
  cached: "zap",
  failed: "error",
  canceled: "circle-slash",
};
