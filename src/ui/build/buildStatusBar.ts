import * as vscode from "vscode";
import type { Builds } from "../../core/build/builds.ts";
import type { Disposable } from "../../core/event.ts";
import { withoutIcons } from "../messages.ts";

/** The running builds in the status bar; a click shows it, or asks which. Hidden when nothing runs. */
export class BuildStatusBar implements Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #subscription: Disposable;

  constructor(builds: Builds) {
    this.#item = vscode.window.createStatusBarItem("multiArchBuilds.builds", vscode.StatusBarAlignment.Left, 10);
    this.#item.name = vscode.l10n.t("Multi-arch builds");
    this.#item.command = "multiArchBuilds.showBuild";
    this.#subscription = builds.onDidChangeList(() => this.#update(builds));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }

  #update(builds: Builds): void {
    const running = builds.running;
    const [newest] = running;
    if (!newest) {
      this.#item.hide();
      return;
    }
    const { dockerfile } = newest.summary().head;
    const text =
      running.length === 1
        ? vscode.l10n.t("Building {0}", dockerfile)
        : vscode.l10n.t("{0} multi-arch builds", running.length);
    this.#item.text = `$(loading~spin) ${withoutIcons(text)}`;
    this.#item.tooltip = vscode.l10n.t("Show the build");
    this.#item.accessibilityInformation = { label: text, role: "button" };
    this.#item.show();
  }
}
