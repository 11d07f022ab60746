import type { Workbench } from "../workbench/workbench.ts";
import { BuildPanel } from "./buildPanel.ts";

/** Where a build's result goes, as its question is answered. */
export type OutputAnswer =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "push"; readonly reference: string }
  | { readonly kind: "none" };

/** The answers to the questions of a build. */
export interface BuildAnswers {
  /** Where there are several that can be used; of one, nothing is asked. */
  readonly builder?: string;
  /** The folder as it is offered; asked for a Dockerfile that is not at the top of the project. */
  readonly context?: string;
  readonly output: OutputAnswer;
}

/** The extension in a window, worked as its user does: by commands, questions and answers. */
export class ExtensionUi {
  readonly window: Workbench;

  constructor(window: Workbench) {
    this.window = window;
  }

  openExplorer(): Promise<void> {
    return this.window.openView("Multi-Arch Builds");
  }

  /** Answers the questions of «Create Builder» and waits until its pods are ready. All architectures are ticked. */
  async createBuilder({ namespace, name }: { readonly namespace: string; readonly name: string }): Promise<void> {
    const { quickPick } = this.window;
    await this.window.command("Multi-Arch Builds: Create Builder…");
    await quickPick.waitFor("Create Builder (1/4)");
    await quickPick.type(namespace);
    await quickPick.accept();
    await quickPick.waitFor("Create Builder (2/4)");
    await quickPick.accept();
    await quickPick.waitFor("Create Builder (3/4)");
    await quickPick.accept();
    await quickPick.waitFor("Create Builder (4/4)");
    await quickPick.type(name);
    await quickPick.accept();
    await this.window.notification(`Creating builder ${name}`).shown();
    await this.window.notification(`Creating builder ${name}`).gone();
  }

  /** Builds the Dockerfile that is open, by the palette. */
  async build(answers: BuildAnswers): Promise<void> {
    await this.window.command("Multi-Arch Builds: Build multi-arch");
    await this.answerBuild(answers);
  }

  /** Answers the questions of a build, with all platforms that are ticked. */
  async answerBuild({ builder, context, output }: BuildAnswers): Promise<void> {
    const { quickPick } = this.window;
    if (builder !== undefined) {
      await quickPick.waitFor("Builder");
      await quickPick.choose(builder);
    }
    await quickPick.waitFor("Platforms");
    await quickPick.accept();
    if (context !== undefined) {
      await quickPick.waitFor("Build context");
      await quickPick.choose(context);
    }
    await quickPick.waitFor("Output");
    await this.#answerOutput(output);
  }

  /** The build panel on show. */
  get panel(): BuildPanel {
    return new BuildPanel(this.window.webview(), this.window.waiting);
  }

  async removeBuilder(name: string): Promise<void> {
    await this.window.treeAction(name, "Remove Builder…");
    await this.window.dialogButton("Remove");
    await this.window.notification(`Removing builder ${name}`).shown();
    await this.window.notification(`Removing builder ${name}`).gone();
  }

  async #answerOutput(output: OutputAnswer): Promise<void> {
    const { quickPick } = this.window;
    switch (output.kind) {
      case "none":
        return quickPick.choose("No output");
      case "folder":
        await quickPick.choose("Local folder");
        await quickPick.message("Folder for the files");
        await quickPick.type(output.path);
        return quickPick.accept();
      case "push":
        await quickPick.choose("Push to a registry");
        await quickPick.message("Image reference to push");
        await quickPick.type(output.reference);
        return quickPick.accept();
    }
  }
}
