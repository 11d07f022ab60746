import { stat } from "node:fs/promises";
import { Emitter } from "../event.ts";
import type { Event } from "../event.ts";
import { UserError, messageOf } from "../errors.ts";
import { t } from "../l10n.ts";
import type { Lifeline } from "./lifeline.ts";
import { readAll, splitLines } from "./lines.ts";
import { startProcess } from "./process.ts";
import type { Exit, RunningProcess } from "./process.ts";
import { type BuildxVersion, unknownVersion } from "./version.ts";

export type { Exit } from "./process.ts";

/** Where and under which conditions one buildx command runs. */
export interface BuildxCallOptions {
  /** The kubeconfig file of the builder; sets `KUBECONFIG`. Absent: the user's own environment decides. */
  readonly kubeconfig?: string;
  readonly cwd?: string;
  /** Cancels the command. */
  readonly signal?: AbortSignal;
  /** Kills the command at once, with its children. */
  readonly kill?: AbortSignal;
  /** How buildx reports the boot of a builder, for the commands that have no flag for it. */
  readonly progress?: "plain" | "rawjson";
}

/** What a finished buildx command has printed. */
export interface BuildxResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** A running buildx command, told line by line. */
export interface BuildxStream {
  /**
   * The lines of stderr, for one reader. The command waits for the reader; a reader that stops early or throws ends
   * the command.
   */
  readonly lines: AsyncIterable<string>;
  /** Settles when the process and its children are gone. Rejects with a {@link UserError} when it cannot be started. */
  readonly exit: Promise<Exit>;
}

/** What is known of a buildx program, and how it is treated. */
export interface BuildxCliOptions {
  readonly version?: BuildxVersion;
  /** How long a cancelled command may take to end before it is killed. */
  readonly graceMs?: number;
  /** Ends the commands with this process. Only for the plugin itself, not for `docker buildx`. */
  readonly lifeline?: Lifeline;
}

/** One line of BuildKit's progress holds at most about 1.4 MB; more than this is not kept of any line. */
const maxLineBytes = 16 * 1024 * 1024;
const maxOutputBytes = 16 * 1024 * 1024;

/** Would change what a command does behind our back: each has a flag, and the flag is what we were asked for. */
const unwantedVariables = ["DOCKER_DEFAULT_PLATFORM", "BUILDX_BUILDER", "BUILDKIT_PROGRESS", "BUILDX_EXPERIMENTAL"];

/** The buildx program. Every process of this extension that is a buildx is started here. */
export class BuildxCli {
  readonly version: BuildxVersion;
  readonly #command: readonly [file: string, ...args: string[]];
  readonly #env: NodeJS.ProcessEnv;
  readonly #graceMs: number;
  readonly #lifeline: Lifeline | undefined;
  readonly #end = new AbortController();
  readonly #kill = new AbortController();
  readonly #started = new Emitter<readonly string[]>();

  /** Fires with the whole command line whenever a command starts. */
  readonly onDidStart: Event<readonly string[]> = this.#started.event;

  /**
   * @param command the program and its first arguments: `docker-buildx`, or `docker` and `buildx`
   * @param env the environment of the commands, without what {@link BuildxCallOptions} sets
   */
  constructor(
    command: readonly [file: string, ...args: string[]],
    env: NodeJS.ProcessEnv,
    { version = unknownVersion, graceMs = 10_000, lifeline }: BuildxCliOptions = {},
  ) {
    this.#lifeline = lifeline;
    this.#command = command;
    this.#env = env;
    this.#graceMs = graceMs;
    this.version = version;
  }

  /** The program and its first arguments, as one would type them. */
  get commandLine(): string {
    return this.#command.join(" ");
  }

  /**
   * Runs a command to its end. A non-zero exit code is a result, not an error.
   *
   * @throws UserError when it cannot be started or has not ended in time; AbortError when the signal was aborted
   */
  async run(
    args: readonly string[],
    options: BuildxCallOptions & { readonly timeoutMs?: number } = {},
  ): Promise<BuildxResult> {
    options.signal?.throwIfAborted();
    const late = new AbortController();
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => late.abort(), options.timeoutMs);
    const child = this.#start(args, options, { hasStdout: true, stop: late.signal });
    const [stdout, stderr, exit] = await Promise.all([
      child.stdout === undefined ? "" : readAll(child.stdout, maxOutputBytes),
      readAll(child.stderr, maxOutputBytes),
      child.ended,
    ])
      .catch((error: unknown) => this.#failedToStart(error, options.cwd))
      .finally(() => clearTimeout(timer));
    options.signal?.throwIfAborted();
    this.#end.signal.throwIfAborted();
    if (exit.wasCanceled) {
      throw new UserError(
        t("“{0}” did not end within {1} s.", this.#shown(args), Math.round((options.timeoutMs ?? 0) / 1000)),
        { remedy: t("Look whether the builder’s machine or cluster can be reached."), action: "refresh" },
      );
    }
    return { ...exit, stdout, stderr };
  }

  /** Starts a command whose progress is to be followed. Its stdout is dropped. */
  stream(args: readonly string[], options: BuildxCallOptions = {}): BuildxStream {
    const stopped = new AbortController();
    const child = this.#start(args, options, { hasStdout: false, stop: stopped.signal });
    const exit = child.ended.catch((error: unknown) => this.#failedToStart(error, options.cwd));
    // The reader learns of a failed start from `exit`, which it awaits after the lines: until then it is not unhandled.
    exit.catch(() => undefined);
    return { lines: readLines(child, stopped), exit };
  }

  /** Kills everything that runs, without waiting for it to end in good order. */
  kill(): void {
    this.#kill.abort();
  }

  /** Cancels everything that runs. */
  dispose(): void {
    this.#end.abort();
    this.#started.dispose();
    this.#lifeline?.dispose();
  }

  #start(
    args: readonly string[],
    options: BuildxCallOptions,
    own: { readonly hasStdout: boolean; readonly stop: AbortSignal },
  ): RunningProcess {
    const [file, ...firstArgs] = this.#command;
    this.#started.fire([file, ...firstArgs, ...args]);
    // As docker starts its plugins: with the name of the plugin's command.
    const allArgs = [...firstArgs, ...(this.#lifeline ? ["buildx"] : []), ...args];
    return startProcess(file, allArgs, {
      env: this.#environment(options),
      cwd: options.cwd,
      signal: anyOf(this.#end.signal, options.signal, own.stop),
      kill: anyOf(this.#kill.signal, options.kill),
      graceMs: this.#graceMs,
      hasStdout: own.hasStdout,
    });
  }

  #environment(options: BuildxCallOptions): NodeJS.ProcessEnv {
    const env = { ...this.#env, ...this.#lifeline?.env };
    for (const name of unwantedVariables) delete env[name];
    if (options.kubeconfig !== undefined) env["KUBECONFIG"] = options.kubeconfig;
    if (options.progress !== undefined) env["BUILDKIT_PROGRESS"] = options.progress;
    return env;
  }

  async #failedToStart(error: unknown, cwd: string | undefined): Promise<never> {
    if (cwd !== undefined && !(await isDirectory(cwd))) {
      throw new UserError(t("The folder “{0}” does not exist.", cwd), { cause: error });
    }
    throw new UserError(t("buildx could not be started with “{0}”: {1}", this.commandLine, messageOf(error)), {
      remedy: t("Check the path of buildx in the settings."),
      action: "openSettings",
      cause: error,
    });
  }

  #shown(args: readonly string[]): string {
    return ["buildx", ...args.slice(0, 2)].join(" ");
  }
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

async function* readLines(child: RunningProcess, stopped: AbortController): AsyncGenerator<string, void, undefined> {
  let isComplete = false;
  try {
    yield* splitLines(child.stderr, maxLineBytes);
    isComplete = true;
  } finally {
    if (!isComplete) {
      stopped.abort();
      await child.ended;
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
