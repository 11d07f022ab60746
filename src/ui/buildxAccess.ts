import type * as vscode from "vscode";
import type { BuildxCli } from "../core/buildx/cli.ts";
import { findBuildx } from "../core/buildx/find.ts";
import { DisposableStore, type Disposable } from "../core/event.ts";
import { setContextKey } from "./contextKey.ts";
import { onDidChangeSetting, setting } from "./settings.ts";

/** The buildx of this machine: found on first use, and again when its setting changes. */
export class BuildxAccess implements Disposable {
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions = new DisposableStore();
  readonly #used = new Set<BuildxCli>();
  #found: Promise<BuildxCli> | undefined;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
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

  async #find(): Promise<BuildxCli> {
    try {
      const { cli, version } = await findBuildx({ path: setting("buildx.path") || undefined, env: process.env });
      this.#subscriptions.add(cli);
      this.#used.add(cli);
      this.#subscriptions.add(cli.onDidStart((command) => this.#log.debug(command.join(" "))));
      this.#log.info(`buildx ${version.text}: ${cli.commandLine}`);
      setContextKey("multiArchBuilds.isBuildxMissing", false);
      return cli;
    } catch (error) {
      this.#found = undefined;
      setContextKey("multiArchBuilds.isBuildxMissing", true);
      throw error;
    }
  }
}
