import * as vscode from "vscode";
import type { Disposable } from "../../core/event.ts";
import { onDidChangeSetting, setting } from "../settings.ts";

/** «Build multi-arch» over the first `FROM` of every Dockerfile, and «Build stage …» over its other stages. */
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
    const { buildableStages } = await import("../../core/dockerfile/dockerfile.ts");
    return buildableStages(document.getText()).map(({ line, stage }) => {
      const text = stage === undefined ? vscode.l10n.t("Build multi-arch") : vscode.l10n.t("Build stage {0}", stage);
      return new vscode.CodeLens(new vscode.Range(line - 1, 0, line - 1, 0), {
        title: `$(play) ${text}`,
        command: "multiArchBuilds.build",
        arguments: [document.uri, stage],
      });
    });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }
}
