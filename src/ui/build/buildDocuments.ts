import { stripVTControlCharacters } from "node:util";
import * as vscode from "vscode";
import type { Builds } from "../../core/build/builds.ts";
import { buildLabel, type ShownBuild } from "../../core/build/shownBuild.ts";
import type { Disposable } from "../../core/event.ts";

const scheme = "multi-arch-build";

/** Logs of builds as read-only text documents: a step's whole log, or the whole build's. */
export class BuildDocuments implements vscode.TextDocumentContentProvider, Disposable {
  readonly #builds: Builds;
  readonly #registration: Disposable;

  constructor(builds: Builds) {
    this.#builds = builds;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(scheme, this);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const { build, step } = JSON.parse(uri.query) as { readonly build: string; readonly step?: string };
    const run = this.#builds.find(build);
    if (!run) return vscode.l10n.t("This build is no longer remembered.");
    return asPlainText(step === undefined ? run.output() : run.log(step, 0).text);
  }

  async open(build: ShownBuild, step?: string): Promise<void> {
    const whole = buildLabel(build.summary().head);
    const name = step === undefined ? whole.replaceAll(/[\\/]/g, "-") : fileName(build.nameOf(step));
    const query = JSON.stringify({ build: build.id, step });
    // The time makes it a new document: an open one would keep the text of the moment it was opened.
    const uri = vscode.Uri.from({ scheme, path: `/${Date.now()}/${name}.log`, query });
    // By its name alone `Dockerfile.log` would be taken for a Dockerfile.
    const document = await vscode.languages.setTextDocumentLanguage(
      await vscode.workspace.openTextDocument(uri),
      "log",
    );
    await vscode.window.showTextDocument(document, { preview: true });
  }

  dispose(): void {
    this.#registration.dispose();
  }
}

/** `linux-arm64 builder 5-7` for `[linux/arm64 builder 5/7] RUN make`; what has no bracket, by its first words. */
function fileName(step: string): string {
  const place = /^\[([^\]]*\d+\/\d+)\]/.exec(step)?.[1] ?? step;
  return place.replaceAll(/[^\w .]+/g, "-").slice(0, 60);
}

/** The text as a terminal would leave it: no escape sequences, and of overwritten lines the last version. */
function asPlainText(text: string): string {
  const lines = stripVTControlCharacters(text).replaceAll("\r\n", "\n").split("\n");
  return lines.map((line) => line.slice(line.lastIndexOf("\r") + 1)).join("\n");
}
