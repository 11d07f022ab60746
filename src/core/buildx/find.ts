import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import { isAbort, UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import { BuildxCli } from "./cli.ts";
import { dockerConfigDir, readDockerConfig } from "./dockerConfig.ts";
import { Lifeline } from "./lifeline.ts";
import { type BuildxVersion, isAtLeast, oldestSupportedBuildx, parseBuildxVersion } from "./version.ts";

/** A buildx that works. */
export interface Buildx {
  readonly cli: BuildxCli;
  readonly version: BuildxVersion;
}

/** There is no buildx anywhere; other errors are about one that was found. */
export class BuildxMissing extends UserError {}

/** Where buildx is looked for. */
export interface FindBuildxOptions {
  /** A path from the settings, of `docker-buildx` or of `docker`; then nothing else is tried. */
  readonly path?: string;
  readonly env: NodeJS.ProcessEnv;
  /** Plugin folders of the system; docker's own when absent. */
  readonly systemDirs?: readonly string[];
  readonly signal?: AbortSignal;
}

const isWindows = process.platform === "win32";
const suffix = isWindows ? ".exe" : "";
const versionTimeoutMs = 15_000;

/**
 * Finds buildx: the plugin itself where docker would find it, because that saves a process and signals reach it
 * directly; else on PATH; else through `docker buildx`. The first one that works is taken.
 *
 * @throws BuildxMissing says where it was looked for; another UserError when none that was found works, and why
 */
export async function findBuildx(options: FindBuildxOptions): Promise<Buildx> {
  const { path, env, systemDirs = systemPluginDirs(env), signal } = options;
  if (path) return checkBuildx(commandOf(path), env, signal);
  const config = await readDockerConfig(env);
  // The order of docker (docker/cli `cli-plugins/manager`).
  const dirs = [...config.pluginDirs, join(dockerConfigDir(env), "cli-plugins"), ...systemDirs];
  const plugins = [...dirs, ...pathDirs(env)].map((dir) => join(dir, `docker-buildx${suffix}`));
  const dockers = pathDirs(env).map((dir) => join(dir, `docker${suffix}`));
  const problems: UserError[] = [];
  for (const file of await existing([...plugins, ...dockers])) {
    try {
      return await checkBuildx(commandOf(file), env, signal);
    } catch (error) {
      if (isAbort(error) || !(error instanceof UserError)) throw error;
      problems.push(error);
    }
  }
  throw problems[0] ?? notFound(dirs);
}

type Command = readonly [file: string, ...args: string[]];

function commandOf(file: string): Command {
  return basename(file).replace(/\.exe$/i, "") === "docker" ? [file, "buildx"] : [file];
}

async function checkBuildx(command: Command, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Buildx> {
  const cli = new BuildxCli(command, env);
  await checkExecutable(command[0]);
  const { stdout, stderr } = await cli.run(["version"], { signal, timeoutMs: versionTimeoutMs });
  const version = parseBuildxVersion(stdout);
  if (!version) {
    const said = (stderr.trim() || stdout.trim()).split("\n", 1)[0] ?? "";
    throw unusable(
      said === ""
        ? t("“{0}” is not buildx: it prints no version.", cli.commandLine)
        : t("“{0}” is not buildx. It says: {1}", cli.commandLine, said.slice(0, 200)),
    );
  }
  if (!isAtLeast(version, oldestSupportedBuildx)) {
    throw unusable(t("buildx {0} is too old; {1} or newer is needed.", version.text, oldestSupportedBuildx));
  }
  const isPlugin = command.length === 1;
  return {
    cli: new BuildxCli(command, env, { version, ...(isPlugin && { lifeline: await Lifeline.open() }) }),
    version,
  };
}

async function checkExecutable(file: string): Promise<void> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats) throw unusable(t("There is no buildx at “{0}”.", file));
  if (!stats.isFile()) throw unusable(t("“{0}” is not a program.", file));
  const isExecutable = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isExecutable) throw unusable(t("“{0}” may not be executed by you.", file));
}

async function existing(files: readonly string[]): Promise<readonly string[]> {
  const exists = await Promise.all(
    files.map((file) =>
      stat(file).then(
        (stats) => stats.isFile(),
        () => false,
      ),
    ),
  );
  return files.filter((_file, index) => exists[index]);
}

function systemPluginDirs(env: NodeJS.ProcessEnv): readonly string[] {
  if (isWindows) {
    return [env["ProgramData"], env["ProgramFiles"]]
      .filter((dir) => dir !== undefined)
      .map((dir) => join(dir, "Docker", "cli-plugins"));
  }
  const prefixes = ["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"];
  // An editor started from the dock has a short PATH, which leaves Homebrew out.
  const homebrew = process.platform === "darwin" ? ["/opt/homebrew/lib"] : [];
  return [...prefixes, ...homebrew].map((prefix) => `${prefix}/docker/cli-plugins`);
}

function pathDirs(env: NodeJS.ProcessEnv): readonly string[] {
  const dirs = (env["PATH"] ?? env["Path"] ?? "").split(delimiter).filter((dir) => dir !== "");
  return process.platform === "darwin" ? [...dirs, "/usr/local/bin", "/opt/homebrew/bin"] : dirs;
}

function notFound(dirs: readonly string[]): BuildxMissing {
  return new BuildxMissing(
    t(
      "Docker Buildx was not found. It was looked for in {0} and on PATH, as docker-buildx and docker.",
      dirs.join(", "),
    ),
    {
      remedy: t(
        "Install Docker Desktop, or the package docker-buildx-plugin or docker-buildx of your system, or set the path of docker-buildx in the settings.",
      ),
      action: "installBuildx",
    },
  );
}

function unusable(what: string): UserError {
  return new UserError(what, {
    remedy: t(
      "Install Docker Buildx {0} or newer, or set the path of docker-buildx in the settings.",
      oldestSupportedBuildx,
    ),
    action: "openSettings",
  });
}
