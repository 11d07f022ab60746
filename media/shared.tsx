import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { SharedStep } from "../src/core/build/snapshot.ts";
import { bytesText } from "./cell.tsx";
import { stateWord, timeText } from "./describe.ts";
import { Icon, StateIcon } from "./icon.tsx";
import { t } from "./l10n.ts";
import { useHead, usePanel } from "./panel.ts";
import { summarize, type SharedWork } from "./sharedWork.ts";

/** The work that belongs to no Dockerfile step: one quiet line, opened on demand. */
export function SharedStrip(): JSX.Element | null {
  const { store } = usePanel();
  const head = useHead();
  const isOpen = useSignal(false);
  const steps = store.shared.value;
  if (steps.length === 0 && head.messages.length === 0) return null;
  return (
    <section class="shared" aria-label={t("Shared by all platforms")}>
      <button
        class="shared-strip"
        aria-expanded={isOpen.value}
        title={t("Work that belongs to no line of the Dockerfile")}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        <Icon name={isOpen.value ? "chevron-down" : "chevron-right"} />
        <span class="shared-title">{t("Shared by all platforms")}</span>
        {!isOpen.value && <Summary steps={steps} messageCount={head.messages.length} />}
      </button>
      {isOpen.value && <SharedList steps={steps} messages={head.messages} />}
    </section>
  );
}

/** The loud ones come first, so that a narrow panel does not cut them off; the quiet ones only by their kind. */
function Summary({ steps, messageCount }: { steps: readonly SharedStep[]; messageCount: number }): JSX.Element {
  const { clock, isRunning } = usePanel();
  const nowMs = isRunning.value ? clock.now.value : clock.now.peek();
  const { loud, quiet } = summarize(steps, nowMs);
  return (
    <span class="shared-summary">
      {loud.map((step) => (
        <span key={step.stepId} class={`shared-item loud ${step.state}`}>
          {step.platform ? `${step.label} ${step.platform}` : step.label} <SharedValue step={step} nowMs={nowMs} />
        </span>
      ))}
      {quiet.map((step) => (
        <span key={step.label} class="shared-item">
          {step.label} <SharedValue step={step} nowMs={nowMs} />
        </span>
      ))}
      {messageCount > 0 && (
        <span class="shared-item">
          {t("Messages of buildx")} <b>{messageCount}</b>
        </span>
      )}
    </span>
  );
}

function SharedValue({ step, nowMs }: { step: SharedWork; nowMs: number }): JSX.Element {
  const head = useHead();
  const hasTime = step.state !== "pending" && step.state !== "cached";
  const time = hasTime ? timeText(step, nowMs) : stateWord(step.state, head.state);
  const parts = [step.bytes ? bytesText(step.bytes) : "", time, step.state === "failed" ? t("failed") : ""];
  return <b>{parts.filter(Boolean).join(", ")}</b>;
}

function SharedList({ steps, messages }: { steps: readonly SharedStep[]; messages: readonly string[] }): JSX.Element {
  const panel = usePanel();
  const nowMs = panel.isRunning.value ? panel.clock.now.value : panel.clock.now.peek();
  const selection = panel.selection.value;
  return (
    <div class="shared-list">
      {steps.map((step) => (
        <button
          key={step.stepId}
          class="shared-row"
          aria-current={selection?.kind === "shared" && selection.stepId === step.stepId}
          onClick={() => panel.pick({ kind: "shared", stepId: step.stepId })}
        >
          <StateIcon state={step.state} />
          <span class="shared-name" title={step.error ?? step.name}>
            {step.name}
            {step.platform && <span class="dim"> {step.platform}</span>}
          </span>
          <SharedValue step={step} nowMs={nowMs} />
        </button>
      ))}
      {messages.length > 0 && (
        <div class="shared-messages">
          <h3>{t("Messages of buildx")}</h3>
          <pre class="messages">{messages.join("\n")}</pre>
        </div>
      )}
    </div>
  );
}
