import * as vscode from "vscode";
import { withoutValues } from "../core/buildx/args.ts";
import type { BuildxCli } from "../core/buildx/cli.ts";
import { BuildxMissing, findBuildx } from "../core/buildx/find.ts";
import { DisposableStore, type Disposable } from "../core/event.ts";
import { isAtLeast, recommendedBuildx, type BuildxVersion } from "../core/buildx/version.ts";
import { openInstallPage } from "./commands.ts";
import { setContextKey } from "./contextKey.ts";
import { showText } from "./messages.ts";
import { onDidChangeSetting, setting } from "./settings.ts";

/** The buildx of this machine: found on first use, and again when its setting changes. */
export class BuildxAccess implements Disposable {
  readonly #log: vscode.LogOutputChannel;
  readonly #memory: vscode.Memento;
  readonly #subscriptions = new DisposableStore();
  readonly #used = new Set<BuildxCli>();
  #found: Promise<BuildxCli> | undefined;

  constructor(log: vscode.LogOutputChannel, memory: vscode.Memento) {
    this.#log = log;
    this.#memory = memory;
    this.#subscriptions.add(onDidChangeSetting(["buildx.path"], () => this.forget()));
  }

  /** @throws UserError when there is no buildx that can be used */
  get(): Promise<BuildxCli> {
    this.#found ??= this.#find();
    return this.#found;
  }

  /** Looks again at the next use. What runs goes on with the buildx it was started with. */
  forget(): void {
    this.#found = undefined;
  }

  /** Kills what any buildx of ours still runs. */
  kill(): void {
    for (const cli of this.#used) cli.kill();
  }

  /** Ends everything that any buildx of ours still runs. */
  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** Once for each version that hangs when a pod dies, which is not seen by everybody who uses it elsewhere, too. */
  async #hintAtHangs(version: BuildxVersion): Promise<void> {
    const key = `hangHint:${version.text}`;
    if (isAtLeast(version, recommendedBuildx) || this.#memory.get(key)) return;
    await this.#memory.update(key, true);
    const text = vscode.l10n.t(
      "buildx {0} can hang for ever when a builder pod dies. Builds are ended here all the same; with {1} or newer they end everywhere.",
      version.text,
      recommendedBuildx,
    );
    const install = vscode.l10n.t("How to Install");
    if ((await showText(text, install)) === install) await openInstallPage();
  }

  async #find(): Promise<BuildxCli> {
    try {
      const { cli, version } = await findBuildx({ path: setting("buildx.path") || undefined, env: process.env });
      setContextKey("multiArchBuilds.isBuildxMissing", false);
      const same = [...this.#used].find(
        (one) => one.commandLine === cli.commandLine && one.version.text === version.text,
      );
      if (same) {
        cli.dispose();
        return same;
      }
      this.#subscriptions.add(cli);
      this.#used.add(cli);
      this.#subscriptions.add(cli.onDidStart((command) => this.#log.debug(withoutValues(command).join(" "))));
      this.#log.info(`buildx ${version.text}: ${cli.commandLine}`);
      void this.#hintAtHangs(version);
      return cli;
    } catch (error) {
      this.#found = undefined;
      setContextKey("multiArchBuilds.isBuildxMissing", error instanceof BuildxMissing);
      throw error;
    }
  }
}
