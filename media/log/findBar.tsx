import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { focusSoon, selectedCell } from "../focus.ts";
import { Icon } from "../icon.tsx";
import { t } from "../l10n.ts";
import { usePanel } from "../panel.ts";

/** The match the user has gone to. */
export interface FoundLine {
  readonly stepId: string;
  readonly line: number;
}

/** Numbers of the lines of one step's log that match. */
export interface StepMatches {
  readonly stepId: string;
  readonly lines: readonly number[];
}

/** The search field of the log: goes from match to match through all columns, or hides the other lines. */
export function FindBar(props: {
  matches: readonly StepMatches[];
  found: Signal<FoundLine | undefined>;
  onlyMatches: Signal<boolean>;
}): JSX.Element {
  const { query, view } = usePanel();
  const all = props.matches.flatMap(({ stepId, lines }) => lines.map((line) => ({ stepId, line })));
  const { found, onlyMatches } = props;
  const position = all.findIndex((match) => match.stepId === found.value?.stepId && match.line === found.value.line);
  const go = (step: 1 | -1): void => {
    const next = position < 0 ? (step === 1 ? 0 : all.length - 1) : (position + step + all.length) % all.length;
    found.value = all[next];
    view.follow.value = false;
  };
  const close = (): void => {
    query.value = undefined;
    focusSoon(...selectedCell, ".log-lines");
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  return (
    <div class="find" role="search">
      <input
        type="text"
        aria-label={t("Find in log")}
        placeholder={t("Find in log")}
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
          found.value = undefined;
        }}
        onKeyDown={onKeyDown}
      />
      <span class="find-count" role="status">
        {countText(position, all.length, query.value ?? "")}
      </span>
      <IconButton icon="arrow-up" label={t("Previous match")} onClick={() => go(-1)} isDisabled={all.length === 0} />
      <IconButton icon="arrow-down" label={t("Next match")} onClick={() => go(1)} isDisabled={all.length === 0} />
      <button
        class="icon-button toggle"
        aria-pressed={onlyMatches.value}
        title={t("Only matching lines")}
        aria-label={t("Only matching lines")}
        onClick={() => (onlyMatches.value = !onlyMatches.value)}
      >
        <Icon name="list-filter" />
      </button>
      <IconButton icon="close" label={t("Close")} onClick={close} isDisabled={false} />
    </div>
  );
}

function IconButton(props: { icon: string; label: string; onClick: () => void; isDisabled: boolean }): JSX.Element {
  return (
    <button
      class="icon-button"
      title={props.label}
      aria-label={props.label}
      disabled={props.isDisabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

function countText(position: number, count: number, query: string): string {
  if (query === "") return "";
  if (count === 0) return t("No matches");
  if (position >= 0) return t("{0} of {1}", position + 1, count);
  return count === 1 ? t("1 line") : t("{0} lines", count);
}
