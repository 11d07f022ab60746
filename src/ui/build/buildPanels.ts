import * as vscode from "vscode";
import type { BuildRequest } from "../../core/buildx/buildRequest.ts";
import type { ShownBuild } from "../../core/build/shownBuild.ts";
import { timingTable } from "../../core/build/timingTable.ts";
import { runCommand, showError } from "../commands.ts";
import type { Disposable } from "../../core/event.ts";
import { currentLine } from "../dockerfile/currentLine.ts";
import type { BuildDocuments } from "./buildDocuments.ts";
import { BuildPanel, type PanelActions } from "./buildPanel.ts";

/** The open panels, one per build at most. */
export class BuildPanels implements Disposable {
  readonly #extensionUri: vscode.Uri;
  readonly #log: vscode.LogOutputChannel;
  readonly #actions: PanelActions;
  readonly #panels = new Map<string, BuildPanel>();
  #logHeight: number | undefined;

  constructor(
    extensionUri: vscode.Uri,
    log: vscode.LogOutputChannel,
    documents: BuildDocuments,
    buildAgain: (request: BuildRequest) => void,
  ) {
    this.#extensionUri = extensionUri;
    this.#log = log;
    const tell = (action: Thenable<unknown>): void => {
      action.then(undefined, (error: unknown) => showError(error, log));
    };
    this.#actions = {
      buildAgain: ({ request }, { noCache }) => buildAgain({ ...request, noCache }),
      keepLogHeight: (px) => (this.#logHeight = px),
      buildAnew: ({ request }) =>
        tell(runCommand("multiArchBuilds.build", vscode.Uri.file(request.dockerfile), request.target)),
      openDockerfile: (build, line) => tell(openDockerfile(build, line)),
      openLog: (build, stepId) => tell(documents.open(build, stepId)),
      openOutput: (build) => tell(documents.open(build)),
      openResult: (build) => tell(openResult(build)),
      copyTable: (build) => tell(vscode.env.clipboard.writeText(timingTable(build.snapshot()))),
      copyReference: (build) => tell(copyReference(build.summary().head.pushed ?? "")),
    };
  }

  /** The build whose panel has the focus. */
  get active(): ShownBuild | undefined {
    return [...this.#panels.values()].find((panel) => panel.isActive)?.build;
  }

  /** Whether the user can see the build's panel. */
  isVisible(build: ShownBuild): boolean {
    return this.#panels.get(build.id)?.isVisible ?? false;
  }

  show(build: ShownBuild): void {
    const open = this.#panels.get(build.id);
    if (open) {
      open.reveal();
      return;
    }
    // Where the others are: beside the active one, every «Build Again» would open one more column.
    const column = [...this.#panels.values()].find((one) => one.viewColumn !== undefined)?.viewColumn;
    this.#open(build, column ?? vscode.ViewColumn.Beside);
    // Its place is taken over: an ended build of the same Dockerfile is looked at in the explorer's list, if at all.
    for (const other of this.#panels.values()) if (isEarlier(other.build, build)) other.dispose();
  }

  /** Fills an empty panel that the editor has opened again in a new window. */
  restore(build: ShownBuild, panel: vscode.WebviewPanel): void {
    if (this.#panels.has(build.id)) panel.dispose();
    else this.#open(build, panel);
  }

  #open(build: ShownBuild, place: vscode.ViewColumn | vscode.WebviewPanel): void {
    const panel = new BuildPanel(build, this.#extensionUri, place, this.#actions, this.#log, this.#logHeight);
    this.#panels.set(build.id, panel);
    panel.onDidDispose(() => {
      this.#panels.delete(build.id);
      panel.dispose();
    });
  }

  dispose(): void {
    for (const panel of this.#panels.values()) panel.dispose();
  }
}

function isEarlier(other: ShownBuild, build: ShownBuild): boolean {
  if (other === build || !other.hasEnded) return false;
  return other.startedMs <= build.startedMs && other.request.dockerfile === build.request.dockerfile;
}

async function copyReference(reference: string): Promise<void> {
  await vscode.env.clipboard.writeText(reference);
  vscode.window.setStatusBarMessage(vscode.l10n.t("Copied {0}", reference), 3_000);
}

async function openDockerfile(build: ShownBuild, line: number | undefined): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(build.request.dockerfile));
  const at = line === undefined ? undefined : document.lineAt(currentLine(build, document, line) - 1).range;
  await vscode.window.showTextDocument(document, {
    viewColumn: vscode.ViewColumn.One,
    ...(at && { selection: new vscode.Range(at.start, at.start) }),
  });
}

async function openResult(build: ShownBuild): Promise<void> {
  const { output } = build.request;
  if (output.kind !== "folder") return;
  const folder = vscode.Uri.file(output.path);
  if (vscode.workspace.getWorkspaceFolder(folder)) await vscode.commands.executeCommand("revealInExplorer", folder);
  else if (isElsewhere()) await vscode.commands.executeCommand("vscode.openFolder", folder, { forceNewWindow: true });
  else await vscode.commands.executeCommand("revealFileInOS", folder);
}

/** True when the files are on another machine than the user: no file manager there shows them. */
function isElsewhere(): boolean {
  return vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
}
