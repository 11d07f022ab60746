import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { stateWord } from "./describe.ts";
import { verdict } from "./header.tsx";
import { t } from "./l10n.ts";
import { usePanel, type Panel } from "./panel.ts";

/** News is gathered this long, so that a screen reader is not interrupted by each of them. */
const gatherMs = 1_500;

/** Tells screen readers when the build or a platform changes its state; never that a timer ticks. */
export function Announcer(): JSX.Element {
  const panel = usePanel();
  const text = useSignal("");
  const told = useRef<ReadonlyMap<string, string>>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useSignalEffect(() => {
    const now = states(panel);
    if (!told.current) {
      told.current = now;
      return;
    }
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const current = states(panel);
      const news = [...current].filter(([key, state]) => told.current?.get(key) !== state);
      told.current = current;
      if (news.length > 0) text.value = news.map(([, state]) => state).join(". ");
    }, gatherMs);
  });
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {text.value}
    </div>
  );
}

function states({ store }: Panel): ReadonlyMap<string, string> {
  const head = store.head.value;
  if (!head) return new Map();
  const lanes = store.lanes.value.map(
    (lane) => [lane.platform, t("{0}: {1}", lane.platform, stateWord(lane.state, head.state))] as const,
  );
  return new Map([["", verdict(head)] as const, ...lanes]);
}
