import type { JSX } from "preact";
import type { Failure } from "../src/core/build/snapshot.ts";
import { othersAtFailure, tellingLines } from "./describe.ts";
import { focusSoon } from "./focus.ts";
import { t } from "./l10n.ts";
import { plainText } from "./log/ansi.ts";
import { useHead, usePanel } from "./panel.ts";

/** What failed, where in the Dockerfile, what the step said last, and what became of the other platforms. */
export function FailureBox(): JSX.Element | null {
  const { failure } = useHead();
  const panel = usePanel();
  if (!failure) return null;
  const { stepId, file, line } = failure;
  const others = othersAtFailure(failure, panel.store.lanes.value).join(" ");
  return (
    <section class="failure" aria-label={t("Failed")}>
      <p class="failure-what">
        <strong>{failure.what}</strong>
        {failure.exitCode !== undefined && <span>{t("exit code {0}", failure.exitCode)}</span>}
        {line !== undefined && (
          <button class="link" onClick={() => panel.post({ type: "openDockerfile", line })}>
            {`${file ?? "Dockerfile"}:${line}`}
          </button>
        )}
        {stepId !== undefined && (
          <button
            class="link failure-log"
            onClick={() => {
              panel.pickStep(stepId);
              panel.isLogWanted.value = true;
              focusSoon(".log-lines");
            }}
          >
            {t("Show log")}
          </button>
        )}
      </p>
      {failure.advice && <p class="failure-advice">{failure.advice}</p>}
      {failure.logTail.length > 0 && (
        <pre class="failure-tail">{tellingLines(failure.logTail.map(plainText)).join("\n")}</pre>
      )}
      {saysMore(failure) && <p class="failure-message">{failure.message}</p>}
      {others && <p class="dim">{others}</p>}
    </section>
  );
}

/** A step that has printed something and has an exit code has told why; BuildKit's message only repeats its command. */
function saysMore(failure: Failure): boolean {
  return failure.message !== "" && (failure.exitCode === undefined || failure.logTail.length === 0);
}
