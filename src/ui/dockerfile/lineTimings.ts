import * as vscode from "vscode";
import { lineTimes } from "../../core/build/lineTimes.ts";
import type { BuildRun } from "../../core/build/run.ts";
import { unchangedIn } from "../../core/dockerfile/unchanged.ts";
import { DisposableStore, type Disposable } from "../../core/event.ts";
import { onDidChangeSetting, setting } from "../settings.ts";

/** Between two drawings of a running build. */
const drawEveryMs = 1_000;

/**
 * How long each instruction took on each platform, behind it in the editor: of the newest build of that Dockerfile in
 * this window, live while it runs, until the instruction is edited.
 */
export class LineTimings implements Disposable {
  readonly #subscriptions = new DisposableStore();
  readonly #type: vscode.TextEditorDecorationType;
  /** By the Dockerfile's path. */
  readonly #builds = new Map<string, BuildRun>();
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#type = vscode.window.createTextEditorDecorationType({
      after: { color: new vscode.ThemeColor("editorCodeLens.foreground"), margin: "0 0 0 3em" },
    });
    this.#subscriptions.add(this.#type);
    this.#subscriptions.add(vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach(this.#draw)));
    this.#subscriptions.add(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        for (const editor of vscode.window.visibleTextEditors) if (editor.document === document) this.#draw(editor);
      }),
    );
    this.#subscriptions.add(onDidChangeSetting(["lineTimings.enabled"], () => this.#drawAll()));
  }

  /** Shows the times of a build as soon as it has any, and then no more those of an earlier one of that Dockerfile. */
  follow(build: BuildRun): void {
    const following = build.onDidChange(() => {
      const shown = this.#builds.get(build.request.dockerfile);
      const isOvertaken = shown !== undefined && shown.startedMs > build.startedMs;
      if (isOvertaken || build.hasEnded) following.dispose();
      if (isOvertaken || !this.#adopt(build)) return;
      if (build.hasEnded) this.#drawAll();
      else this.#timer ??= setTimeout(() => this.#drawAll(), drawEveryMs);
    });
  }

  /** False while the build has no times to show: then those of an earlier one stay. */
  #adopt(build: BuildRun): boolean {
    const file = build.request.dockerfile;
    if (this.#builds.get(file) === build) return true;
    if (build.summary().head.steps.total === 0) return false;
    this.#builds.set(file, build);
    return true;
  }

  /** Forgets the builds that are forgotten elsewhere. */
  keepOnly(builds: readonly BuildRun[]): void {
    const forgotten = [...this.#builds].filter(([, build]) => !builds.includes(build)).map(([file]) => file);
    for (const file of forgotten) this.#builds.delete(file);
    for (const editor of vscode.window.visibleTextEditors)
      if (forgotten.includes(editor.document.uri.fsPath)) editor.setDecorations(this.#type, []);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#subscriptions.dispose();
  }

  #drawAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    vscode.window.visibleTextEditors.forEach(this.#draw);
  }

  readonly #draw = (editor: vscode.TextEditor): void => {
    const { document } = editor;
    const build = document.uri.scheme === "file" ? this.#builds.get(document.uri.fsPath) : undefined;
    if (build) editor.setDecorations(this.#type, setting("lineTimings.enabled") ? decorations(build, document) : []);
  };
}

function decorations(build: BuildRun, document: vscode.TextDocument): readonly vscode.DecorationOptions[] {
  const placeOf = unchangedIn(build.dockerfileText ?? "", document.getText());
  return lineTimes(build.snapshot(), Date.now()).flatMap(({ text: contentText, ...lines }) => {
    const place = placeOf(lines);
    if (!place) return [];
    const { range } = document.lineAt(place.lastLine - 1);
    return [{ range: new vscode.Range(range.end, range.end), renderOptions: { after: { contentText } } }];
  });
}
