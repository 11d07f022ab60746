import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { messageOf } from "../errors.ts";
import { type Disposable, Emitter, type Event } from "../event.ts";
import { onDidChangeFiles } from "../fileChanges.ts";
import { t } from "../l10n.ts";
import type { Builder } from "./builder.ts";
import {
  contextsDir,
  defaultDockerHost,
  dockerConfigDir,
  readDockerConfig,
  readDockerContexts,
  shortHash,
} from "./dockerConfig.ts";
import { type Instance, parseInstance } from "./instance.ts";

/** buildx's own folder: `$BUILDX_CONFIG`, else `buildx` in the docker CLI's folder. */
export function buildxConfigDir(env: NodeJS.ProcessEnv): string {
  return env["BUILDX_CONFIG"] || join(dockerConfigDir(env), "buildx");
}

/** The instance file of a builder, which need not exist. buildx names it in lower case. */
export function instancePath(env: NodeJS.ProcessEnv, builder: string): string {
  return join(buildxConfigDir(env), "instances", builder.toLowerCase());
}

/**
 * Reads all builders as `buildx ls` would list them, without asking anything of their machines: those of the store by
 * name, then `default` and the docker contexts.
 */
export async function readBuilders(env: NodeJS.ProcessEnv): Promise<readonly Builder[]> {
  const [instances, contexts, config] = await Promise.all([
    readInstances(env),
    readDockerContexts(env),
    readDockerConfig(env),
  ]);
  const engines = [{ name: "default", host: defaultDockerHost(env) }, ...contexts]
    .filter(({ name }) => !instances.some((instance) => instance.name === name))
    .map(({ name, host }) => dockerBuilder(name, host));
  const builders = [...instances, ...engines];
  const current = await currentBuilder(env, config.currentContext, builders);
  return builders.map((builder) => ({ ...builder, isCurrent: builder.name === current }));
}

/** What the list of builders is made of: instances, which is the current one, and docker's contexts. */
function storePaths(env: NodeJS.ProcessEnv): readonly string[] {
  const root = buildxConfigDir(env);
  const own = ["instances", "defaults", "current"].map((name) => join(root, name));
  return [...own, join(dockerConfigDir(env), "config.json"), contextsDir(env)];
}

/** The builders of buildx's store, read only and kept up to date while somebody is interested. */
export class BuilderStore implements Disposable {
  readonly #env: NodeJS.ProcessEnv;
  readonly #changed = new Emitter<readonly Builder[]>();
  #builders: readonly Builder[] = [];
  #watch: Disposable | undefined;
  #users = 0;
  #reading: Promise<void> = Promise.resolve();

  /** Fires with the new list when anything in it has changed. */
  readonly onDidChange: Event<readonly Builder[]> = this.#changed.event;

  constructor(env: NodeJS.ProcessEnv = process.env) {
    this.#env = env;
  }

  /** The builders as last read; empty before the first reading. */
  get builders(): readonly Builder[] {
    return this.#builders;
  }

  /** Keeps the list up to date until the returned object is disposed. Several users share one watch. */
  start(): Disposable {
    this.#users++;
    if (this.#users === 1) {
      this.#watch = onDidChangeFiles(storePaths(this.#env), () => this.#run());
      this.#run();
    }
    let isUsed = true;
    return {
      dispose: () => {
        if (isUsed && --this.#users === 0) this.#stop();
        isUsed = false;
      },
    };
  }

  /** Reads the store now, and again when it was being read already. */
  async refresh(): Promise<readonly Builder[]> {
    const read = (): Promise<void> => this.#read();
    // Also after a reading whose listener has thrown, which its own caller is told.
    this.#reading = this.#reading.then(read, read);
    await this.#reading;
    return this.#builders;
  }

  dispose(): void {
    this.#stop();
    this.#changed.dispose();
  }

  #run(): void {
    void this.refresh();
  }

  /** Never rejects: what cannot be read becomes a builder that says so, or is not there. */
  async #read(): Promise<void> {
    const builders = await readBuilders(this.#env);
    if (isDeepStrictEqual(builders, this.#builders)) return;
    // What has not changed stays the same object, so that nobody has to look at it again.
    this.#builders = builders.map((one) => this.#builders.find((old) => isDeepStrictEqual(old, one)) ?? one);
    this.#changed.fire(this.#builders);
  }

  #stop(): void {
    this.#watch?.dispose();
    this.#watch = undefined;
  }
}

async function readInstances(env: NodeJS.ProcessEnv): Promise<Builder[]> {
  const directory = join(buildxConfigDir(env), "instances");
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  // buildx writes to a temporary file `.tmp-NAME…` first.
  const names = entries.filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
  const builders = await Promise.all(names.toSorted().map((name) => readBuilder(join(directory, name), name)));
  return builders.filter((builder) => builder !== undefined);
}

async function readBuilder(path: string, fileName: string): Promise<Builder | undefined> {
  const json = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => error);
  if (json instanceof Error) {
    return json.code === "ENOENT" ? undefined : unreadable(path, fileName, json);
  }
  try {
    const instance: Instance = parseInstance(json);
    return { ...instance, isCurrent: false, path };
  } catch (error) {
    return unreadable(path, fileName, error);
  }
}

function unreadable(path: string, name: string, error: unknown): Builder {
  const reason = t("The file {0} cannot be read: {1}", path, messageOf(error));
  return { name, driver: "", nodes: [], isCurrent: false, path, unreadable: reason };
}

function dockerBuilder(name: string, host: string): Builder {
  const endpoint = name === "default" ? host : name;
  return { name, driver: "docker", nodes: [{ name, endpoint, platforms: [], driverOptions: {} }], isCurrent: false };
}

/** The rule of buildx's `Txn.Current` (`store/store.go`) and `GetCurrentInstance` (`store/storeutil`). */
async function currentBuilder(
  env: NodeJS.ProcessEnv,
  dockerContext: string,
  builders: readonly Builder[],
): Promise<string> {
  const find = (name: string): string | undefined =>
    builders.find(({ path }) => path !== undefined && basename(path) === name.toLowerCase())?.name;
  if (env["BUILDX_BUILDER"]) return env["BUILDX_BUILDER"];
  const root = buildxConfigDir(env);
  const key = dockerContext === "default" ? defaultDockerHost(env) : dockerContext;
  const chosen = await readCurrent(join(root, "current"));
  const chosenBuilder = chosen && find(chosen.name);
  if (chosen?.isGlobal && chosenBuilder !== undefined) return chosenBuilder;
  if (chosen?.key === key) return chosenBuilder ?? dockerContext;
  const preset = await readFile(join(root, "defaults", shortHash(key)), "utf8").catch(() => "");
  return find(preset) ?? dockerContext;
}

async function readCurrent(path: string): Promise<{ key: unknown; name: string; isGlobal: boolean } | undefined> {
  try {
    const value = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown> | null;
    const name = value?.["Name"];
    if (typeof name !== "string" || name === "") return undefined;
    return { key: value?.["Key"], name, isGlobal: value?.["Global"] === true };
  } catch {
    // Without a readable choice buildx's commands without `--builder` fail; here it only means that none is marked.
    return undefined;
  }
}
