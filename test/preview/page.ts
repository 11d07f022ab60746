import type { BuildSnapshot, BuildUpdate } from "../../src/core/build/snapshot.ts";
import type { FromWebview, LogChunk, ToWebview } from "../../src/protocol.ts";
import type { RecordedBuild } from "./recorded.ts";
import { scenarios, type Scenario } from "./scenarios.ts";
import { outputAt, snapshotAt, startedMs } from "./script.ts";
import themes from "./themes.json" with { type: "json" };

// Stands in for VS Code around the panel: theme variables, state, and the extension's side of the protocol.
// ?scenario=running, or ?recording=lab2/c-sigint &part=0.5: a real build, as far as half of its output tells
// &theme=dark &still: time stands still &fresh: forgets what the panel has saved

const query = new URLSearchParams(location.search);
const scenario = scenarios[query.get("scenario") ?? "running"] ?? scenarios["running"];
const { recorded } = window as { recorded?: RecordedBuild };
if (query.has("fresh")) sessionStorage.clear();
dressAs(query.get("theme") ?? "dark");
if (recorded) showRecorded(recorded);
else if (scenario) playBuild(scenario, query.has("still"));

function dressAs(theme: string): void {
  const variables: Readonly<Record<string, string | undefined>> = themes[theme as keyof typeof themes] ?? themes.dark;
  for (const [name, value] of Object.entries(variables))
    if (value) document.documentElement.style.setProperty(name, value);
  document.documentElement.style.setProperty("color-scheme", theme.includes("light") ? "light" : "dark");
  const classes: Readonly<Record<string, readonly string[]>> = {
    hc: ["vscode-high-contrast"],
    "hc-light": ["vscode-high-contrast", "vscode-high-contrast-light"],
  };
  const kind = theme.startsWith("light") ? ["vscode-light"] : ["vscode-dark"];
  document.body.classList.add(...(classes[theme] ?? kind));
}

const post = (message: ToWebview): void => {
  window.postMessage(structuredClone(message), "*");
};

function playBuild({ script, opensAt }: Scenario, isStill: boolean): void {
  const openedMs = Date.now();
  if (isStill) Date.now = () => openedMs;
  const now = (): number => startedMs + opensAt * 1000 + Date.now() - openedMs;
  const seconds = (): number => (now() - startedMs) / 1000;
  const sent = new Map<string, number>();
  const fromPanel: FromWebview[] = [];
  let shown: BuildSnapshot | undefined;
  const sendLogs = (): void => {
    const chunks: LogChunk[] = [];
    for (const [stepId, length] of sent) {
      const output = outputAt(script, stepId, seconds());
      if (output.length === length) continue;
      chunks.push({ stepId, reset: length < 0, text: output.slice(Math.max(0, length)), droppedBytes: 0 });
      sent.set(stepId, output.length);
    }
    if (chunks.length > 0) post({ type: "log", chunks });
  };
  const receive = (message: FromWebview): void => {
    fromPanel.push(message);
    if (message.type === "ready") {
      shown = snapshotAt(script, seconds());
      post({ type: "snapshot", nowMs: now(), build: shown });
    } else if (message.type === "watchLogs") {
      const known = new Map(sent);
      sent.clear();
      for (const id of message.stepIds) sent.set(id, known.get(id) ?? -1);
      sendLogs();
    }
  };
  setInterval(() => {
    if (!shown || isStill) return;
    const next = snapshotAt(script, seconds());
    const update = changes(shown, next);
    shown = next;
    if (update) post({ type: "update", nowMs: now(), update });
    sendLogs();
  }, 100);
  offerApi(receive);
  // For tests and for the console: everything the panel has asked for.
  Object.assign(window, { fromPanel });
}

function showRecorded({ build, nowMs, logs }: RecordedBuild): void {
  Date.now = () => nowMs;
  offerApi((message) => {
    if (message.type === "ready") post({ type: "snapshot", nowMs, build });
    if (message.type !== "watchLogs") return;
    const chunks = message.stepIds.map((stepId) => ({
      stepId,
      reset: true,
      text: logs[stepId] ?? "",
      droppedBytes: 0,
    }));
    post({ type: "log", chunks });
  });
}

function offerApi(receive: (message: FromWebview) => void): void {
  Object.assign(window, {
    acquireVsCodeApi: () => ({
      postMessage: receive,
      getState: (): unknown => JSON.parse(sessionStorage.getItem("state") ?? "null"),
      setState: (state: unknown) => sessionStorage.setItem("state", JSON.stringify(state)),
    }),
  });
}

function changes(before: BuildSnapshot, after: BuildSnapshot): BuildUpdate | undefined {
  const update = {
    head: isSame(before.head, after.head) ? undefined : after.head,
    lanes: differing(before.lanes, after.lanes),
    rows: differing(before.rows, after.rows),
    shared: differing(before.shared, after.shared),
  };
  return Object.values(update).some((value) => value !== undefined) ? update : undefined;
}

function differing<T>(before: readonly T[], after: readonly T[]): readonly T[] | undefined {
  const changed = after.filter((item, index) => !isSame(item, before[index]));
  return changed.length > 0 ? changed : undefined;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
