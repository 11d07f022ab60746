import { Fragment, type JSX } from "preact";
import type { BuildHead } from "../src/core/build/snapshot.ts";
import { formatDuration, formatRunning } from "../src/core/build/format.ts";
import { Icon } from "./icon.tsx";
import { rich, t } from "./l10n.ts";
import { Menu, type MenuItem } from "./menu.tsx";
import { useHead, usePanel } from "./panel.ts";
import { focusSoon } from "./focus.ts";
import { isEnded } from "./selection.ts";

/** The answer in one line: does it run, for how long, how did it end; and the one thing to do next. */
export function Header(): JSX.Element {
  const head = useHead();
  return (
    <header class={`head head-${head.state}`}>
      <h1 id="verdict" tabIndex={-1}>
        <Icon name={verdictIcons[head.state]} className={`verdict-${head.state}`} />
        <span class="verdict">{verdict(head)}</span>
        <span class="elapsed">
          <Elapsed head={head} />
        </span>
      </h1>
      <About head={head} />
      <Actions head={head} />
    </header>
  );
}

const verdictIcons: Readonly<Record<BuildHead["state"], string>> = {
  running: "loading",
  canceling: "loading",
  done: "pass",
  failed: "error",
  canceled: "circle-slash",
};

/** The state of the build in the user's words: `Failed on linux/arm64`. */
export function verdict(head: BuildHead): string {
  switch (head.state) {
    case "running":
      return t("Building");
    case "canceling":
      return t("Cancelling");
    case "done":
      return head.pushed ? t("Built and pushed") : t("Built");
    case "failed":
      return head.failure?.platform ? t("Failed on {0}", head.failure.platform) : t("Failed");
    case "canceled":
      return head.isInterrupted ? t("Interrupted") : t("Cancelled");
  }
}

function Elapsed({ head }: { head: BuildHead }): JSX.Element {
  const { clock } = usePanel();
  const ended = head.endedMs;
  return ended === undefined ? (
    <>{formatRunning(clock.now.value - head.startedMs)}</>
  ) : (
    <>{formatDuration(ended - head.startedMs)}</>
  );
}

function About({ head }: { head: BuildHead }): JSX.Element {
  const { post } = usePanel();
  const parts: JSX.Element[] = [
    <span class="route">
      <button class="link" title={t("Open {0}", head.dockerfile)} onClick={() => post({ type: "openDockerfile" })}>
        {head.dockerfile}
      </button>
      {head.output && <span aria-hidden="true"> → </span>}
      {head.output && <Output head={head} />}
      {head.pushed && <Digest pushed={head.pushed} />}
    </span>,
    <span>{builderText(head)}</span>,
    ...(progressText(head)
      ? [<span class={`digits ${head.waitingFor ? "strong" : ""}`}>{progressText(head)}</span>]
      : []),
  ];
  return (
    <p class="about">
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index > 0 && (
            <span class="dot" aria-hidden="true">
              ·
            </span>
          )}
          {part}
        </Fragment>
      ))}
    </p>
  );
}

function Output({ head }: { head: BuildHead }): JSX.Element {
  const { post } = usePanel();
  if (!canReveal(head)) return <span class="strong">{head.output}</span>;
  return (
    <button class="link" title={t("Reveal Output")} onClick={() => post({ type: "openResult" })}>
      {head.output}
    </button>
  );
}

/** The digest of what was pushed, short; a click copies the whole reference. */
function Digest({ pushed }: { pushed: string }): JSX.Element {
  const { post } = usePanel();
  const digest = pushed.slice(pushed.lastIndexOf("@"));
  const short = digest.length > shortDigest ? `${digest.slice(0, shortDigest)}…` : digest;
  return (
    <button class="link" title={t("Copy {0}", pushed)} onClick={() => post({ type: "copyReference" })}>
      {short}
    </button>
  );
}

/** `@sha256:` and as many digits as docker shows. */
const shortDigest = "@sha256:".length + 12;

/** True for an output folder that exists. Image references never begin like a path. */
function canReveal(head: BuildHead): boolean {
  return head.state === "done" && /^(?:\.{0,2}[/\\]|~|[A-Za-z]:\\)/.test(head.output);
}

function builderText(head: BuildHead): readonly (string | JSX.Element | undefined)[] {
  const { builder, cluster, namespace } = head;
  if (cluster && namespace)
    return rich("builder {0} in cluster {1}, namespace {2}", strong(builder), strong(cluster), strong(namespace));
  return cluster
    ? rich("builder {0} in cluster {1}", strong(builder), strong(cluster))
    : rich("builder {0}", strong(builder));
}

function strong(text: string): JSX.Element {
  return <span class="strong">{text}</span>;
}

function progressText({ steps, waitingFor }: BuildHead): string {
  if (waitingFor) return waitingFor;
  if (steps.total === 0) return "";
  return steps.cached > 0
    ? t("{0} of {1} steps, {2} cached", steps.finished, steps.total, steps.cached)
    : t("{0} of {1} steps", steps.finished, steps.total);
}

function Actions({ head }: { head: BuildHead }): JSX.Element {
  const { post } = usePanel();
  const items: readonly MenuItem[] = [
    ...(isEnded(head.state)
      ? [
          {
            label: t("Build Again without Cache"),
            onSelect: () => post({ type: "buildAgain" as const, noCache: true }),
          },
          { label: t("Build with Other Answers…"), onSelect: () => post({ type: "buildAnew" as const }) },
        ]
      : []),
    { label: t("Open Log of Whole Build"), onSelect: () => post({ type: "openOutput" }) },
    { label: t("Copy Table"), onSelect: () => post({ type: "copyTable" }) },
    ...(head.pushed
      ? [{ label: t("Copy Image Reference"), onSelect: () => post({ type: "copyReference" as const }) }]
      : []),
    { label: t("Open Dockerfile"), onSelect: () => post({ type: "openDockerfile" }) },
    ...(canReveal(head) ? [{ label: t("Reveal Output"), onSelect: () => post({ type: "openResult" }) }] : []),
  ];
  return (
    <div class="actions">
      {isEnded(head.state) ? (
        <button class="button primary" onClick={() => post({ type: "buildAgain" })}>
          <Icon name="debug-restart" />
          {t("Build Again")}
        </button>
      ) : (
        <button
          id="cancel"
          class="button primary"
          disabled={head.state === "canceling"}
          title={t("Press C to get here")}
          onClick={() => {
            post({ type: "cancel" });
            // Or the next Enter would build again, with the button that comes in its place.
            focusSoon("#verdict");
          }}
        >
          <Icon name="debug-stop" />
          {t("Cancel")}
        </button>
      )}
      <Menu className="button secondary more" label={t("More actions")} items={items}>
        <Icon name="ellipsis" />
      </Menu>
    </div>
  );
}
