import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { buildPanelType } from "../../contributions.ts";
import type { ShownBuild } from "../../core/build/shownBuild.ts";
import type { BuildHead } from "../../core/build/snapshot.ts";
import { DisposableStore, type Disposable } from "../../core/event.ts";
import { messageOf } from "../../core/errors.ts";
import type { FromWebview, LogChunk, ToWebview } from "../../protocol.ts";
import { panelStrings } from "./panelStrings.ts";

/** What the panel can ask of the rest of the extension. */
export interface PanelActions {
  readonly buildAgain: (build: ShownBuild, options: { readonly noCache: boolean }) => void;
  readonly buildAnew: (build: ShownBuild) => void;
  readonly keepLogHeight: (px: number | undefined) => void;
  readonly openDockerfile: (build: ShownBuild, line: number | undefined) => void;
  readonly openLog: (build: ShownBuild, stepId: string) => void;
  readonly openOutput: (build: ShownBuild) => void;
  readonly openResult: (build: ShownBuild) => void;
  readonly copyTable: (build: ShownBuild) => void;
  readonly copyReference: (build: ShownBuild) => void;
}

/** Between two drawings of a running build. Shorter is not seen, longer looks like waiting. */
const drawEveryMs = 100;

/**
 * The webview of one build. It only draws: the truth stays here, a panel that is shown again gets all of it at once,
 * and a hidden one gets nothing. Closing it does not stop the build.
 */
export class BuildPanel implements Disposable {
  readonly build: ShownBuild;
  readonly #panel: vscode.WebviewPanel;
  readonly #actions: PanelActions;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions = new DisposableStore();
  #isReady = false;
  #timer: NodeJS.Timeout | undefined;
  /** How far each watched log has been sent. */
  #sent = new Map<string, number>();

  /**
   * @param place an editor column, or the empty panel that the editor has opened again in a new window
   * @param logHeight as it was set in an earlier panel, in CSS pixels
   */
  constructor(
    build: ShownBuild,
    extensionUri: vscode.Uri,
    place: vscode.ViewColumn | vscode.WebviewPanel,
    actions: PanelActions,
    log: vscode.LogOutputChannel,
    logHeight: number | undefined,
  ) {
    this.build = build;
    this.#actions = actions;
    this.#log = log;
    const dist = vscode.Uri.joinPath(extensionUri, "dist");
    const title = titleOf(build.summary().head);
    this.#panel =
      typeof place === "number"
        ? vscode.window.createWebviewPanel(buildPanelType, title, { viewColumn: place, preserveFocus: true })
        : place;
    this.#panel.title = title;
    this.#panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    this.#panel.iconPath = {
      light: vscode.Uri.joinPath(extensionUri, "media", "icon-light.svg"),
      dark: vscode.Uri.joinPath(extensionUri, "media", "icon-dark.svg"),
    };
    this.#subscriptions.add(this.#panel.webview.onDidReceiveMessage((message: FromWebview) => this.#receive(message)));
    this.#subscriptions.add(this.#panel.onDidChangeViewState(() => this.#hidden()));
    this.#subscriptions.add(build.onDidChange(() => this.#schedule()));
    this.#panel.webview.html = page(this.#panel.webview, dist, logHeight);
  }

  get onDidDispose(): vscode.Event<void> {
    return this.#panel.onDidDispose;
  }

  /** The editor column the panel is in; undefined where it is in none. */
  get viewColumn(): vscode.ViewColumn | undefined {
    return this.#panel.viewColumn;
  }

  get isVisible(): boolean {
    return this.#panel.visible;
  }

  get isActive(): boolean {
    return this.#panel.active;
  }

  reveal(): void {
    this.#panel.reveal(undefined, false);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#subscriptions.dispose();
    this.#panel.dispose();
  }

  #hidden(): void {
    // The editor throws a hidden webview away; the next one says `ready` for itself.
    if (!this.#panel.visible) this.#isReady = false;
  }

  #receive(message: FromWebview): void {
    switch (message.type) {
      case "ready":
        this.#isReady = true;
        this.#sent = new Map();
        this.build.takeChanges();
        this.#post({ type: "snapshot", nowMs: Date.now(), build: this.build.snapshot() });
        return;
      case "watchLogs":
        this.#watchLogs(message.stepIds);
        return;
      case "cancel":
        this.build.cancel();
        return;
      case "buildAgain":
        return this.#actions.buildAgain(this.build, { noCache: message.noCache ?? false });
      case "buildAnew":
        return this.#actions.buildAnew(this.build);
      case "logHeight":
        return this.#actions.keepLogHeight(Number(message.px) || undefined);
      case "openDockerfile":
        return this.#actions.openDockerfile(this.build, message.line);
      case "openLog":
        return this.#actions.openLog(this.build, message.stepId);
      case "openOutput":
        return this.#actions.openOutput(this.build);
      case "openResult":
        return this.#actions.openResult(this.build);
      case "copyTable":
        return this.#actions.copyTable(this.build);
      case "copyReference":
        return this.#actions.copyReference(this.build);
    }
  }

  #watchLogs(stepIds: readonly string[]): void {
    this.#sent = new Map(stepIds.map((stepId) => [stepId, this.#sent.get(stepId) ?? -1]));
    this.#sendLogs();
  }

  #schedule(): void {
    if (!this.#isReady) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#draw();
    }, drawEveryMs);
  }

  #draw(): void {
    if (!this.#isReady) return;
    const update = this.build.takeChanges();
    if (update) this.#post({ type: "update", nowMs: Date.now(), update });
    this.#sendLogs();
  }

  #sendLogs(): void {
    if (!this.#isReady) return;
    const chunks: LogChunk[] = [];
    for (const [stepId, sent] of this.#sent) {
      const piece = this.build.log(stepId, Math.max(0, sent));
      if (sent >= 0 && piece.text === "") continue;
      this.#sent.set(stepId, piece.next);
      chunks.push({ stepId, reset: sent < 0 || piece.reset, text: piece.text, droppedBytes: piece.droppedBytes });
    }
    if (chunks.length > 0) this.#post({ type: "log", chunks });
  }

  #post(message: ToWebview): void {
    this.#panel.webview.postMessage(message).then(undefined, (error: unknown) => {
      this.#log.warn(`build panel: ${messageOf(error)}`);
    });
  }
}

/** Not the bare name, which the tab of the Dockerfile has. */
function titleOf({ dockerfile, ordinal }: BuildHead): string {
  return ordinal === undefined
    ? vscode.l10n.t("Build: {0}", dockerfile)
    : vscode.l10n.t("Build {0}: {1}", ordinal, dockerfile);
}

function page(webview: vscode.Webview, dist: vscode.Uri, logHeight: number | undefined): string {
  const nonce = randomBytes(16).toString("base64");
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource}`,
  ].join("; ");
  return `<!doctype html>
<html lang="${attribute(vscode.env.language)}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${attribute(file("webview.css"))}">
  </head>
  <body>
    <div id="root" data-log-height="${logHeight ?? ""}" data-strings="${attribute(JSON.stringify(panelStrings()))}"></div>
    <script nonce="${nonce}" src="${attribute(file("webview.js"))}"></script>
  </body>
</html>`;
}

function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
