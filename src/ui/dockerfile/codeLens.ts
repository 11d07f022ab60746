import * as vscode from "vscode";
import type { Disposable } from "../../core/event.ts";
import { onDidChangeSetting, setting } from "../settings.ts";

/** «Build multi-arch» over the first `FROM` of every Dockerfile. */
export class BuildCodeLens implements vscode.CodeLensProvider, Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #subscriptions: readonly Disposable[];

  constructor() {
    this.#subscriptions = [
      vscode.languages.registerCodeLensProvider({ language: "dockerfile", scheme: "file" }, this),
      onDidChangeSetting(["codeLens.enabled"], () => this.#changed.fire()),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    if (!setting("codeLens.enabled")) return [];
    const { firstFrom } = await import("../../core/dockerfile/dockerfile.ts");
    const line = firstFrom(document.getText());
    if (line === undefined) return [];
    const title = `$(play) ${vscode.l10n.t("Build multi-arch")}`;
    return [
      new vscode.CodeLens(new vscode.Range(line - 1, 0, line - 1, 0), {
        title,
        command: "multiArchBuilds.build",
        arguments: [document.uri],
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }
}
