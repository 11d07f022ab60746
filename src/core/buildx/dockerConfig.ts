import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { isRecord } from "../json.ts";

/** What of the docker CLI's own configuration decides about buildx. */
export interface DockerConfig {
  /** Folders with CLI plugins, which docker searches before its own. */
  readonly pluginDirs: readonly string[];
  /** The docker context in use, `default` when none is chosen. */
  readonly currentContext: string;
}

/** A docker context and the engine it stands for. */
export interface DockerContext {
  readonly name: string;
  readonly host: string;
}

/** The folder of the docker CLI: `$DOCKER_CONFIG`, else `~/.docker`. */
export function dockerConfigDir(env: NodeJS.ProcessEnv): string {
  return env["DOCKER_CONFIG"] || join(homedir(), ".docker");
}

/** Reads `config.json`. Without a readable one, docker's defaults: docker itself goes on with a warning. */
export async function readDockerConfig(env: NodeJS.ProcessEnv): Promise<DockerConfig> {
  const file = await readJson(join(dockerConfigDir(env), "config.json"));
  const config = isRecord(file) ? file : {};
  const extraDirs = config["cliPluginsExtraDirs"];
  return {
    pluginDirs: Array.isArray(extraDirs) ? extraDirs.filter((dir) => typeof dir === "string") : [],
    currentContext: currentContext(env, config["currentContext"]),
  };
}

/** All docker contexts but `default`, by name. One that cannot be read is left out. */
export async function readDockerContexts(env: NodeJS.ProcessEnv): Promise<DockerContext[]> {
  const metaDir = contextsDir(env);
  const entries = await readdir(metaDir).catch(() => []);
  const contexts = await Promise.all(entries.map((entry) => readJson(join(metaDir, entry, "meta.json"))));
  return contexts
    .map(parseContext)
    .filter((context) => context !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where docker keeps the contexts: one folder each, named by a hash. */
export function contextsDir(env: NodeJS.ProcessEnv): string {
  return join(dockerConfigDir(env), "contexts", "meta");
}

/** The engine of the context `default`. */
export function defaultDockerHost(env: NodeJS.ProcessEnv): string {
  const builtIn = process.platform === "win32" ? "npipe:////./pipe/docker_engine" : "unix:///var/run/docker.sock";
  return env["DOCKER_HOST"] || builtIn;
}

/** The first 20 hex digits of a text's SHA-256, as buildx names its files. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 20);
}

function currentContext(env: NodeJS.ProcessEnv, configured: unknown): string {
  if (env["DOCKER_HOST"]) return "default";
  if (env["DOCKER_CONTEXT"]) return env["DOCKER_CONTEXT"];
  return typeof configured === "string" && configured !== "" ? configured : "default";
}

function parseContext(value: unknown): DockerContext | undefined {
  if (!isRecord(value) || typeof value["Name"] !== "string" || !isRecord(value["Endpoints"])) return undefined;
  const docker = value["Endpoints"]["docker"];
  const host = isRecord(docker) && typeof docker["Host"] === "string" ? docker["Host"] : "";
  return { name: value["Name"], host };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    // Missing or damaged: docker's own commands report it, and everything here has a default.
    return undefined;
  }
}
