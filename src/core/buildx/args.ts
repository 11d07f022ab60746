import type { BuildOutput, BuildRequest } from "./buildRequest.ts";
import { UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import { normalizePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import { validateImageReference } from "./names.ts";

export { validateBuilderName, validateImageReference } from "./names.ts";

/** One node of a builder on Kubernetes that is to be created. */
export interface NewBuilderNode {
  readonly builder: string;
  readonly name: string;
  /** The only platform that buildx will send to this node. */
  readonly platform: Platform;
  readonly driverOptions: Readonly<Record<string, string>>;
  /** Path of a `buildkitd.toml`. */
  readonly buildkitdConfig?: string;
  /** False for the first node, which makes the builder. */
  readonly isAppended: boolean;
}

/** Arguments of `buildx create` for one node. It boots nothing. */
export function createArgs(node: NewBuilderNode): string[] {
  return [
    "create",
    ...(node.isAppended ? ["--append"] : []),
    flag("name", node.builder),
    "--driver=kubernetes",
    flag("node", node.name),
    flag("platform", node.platform),
    ...Object.entries(node.driverOptions).map(([key, value]) => flag("driver-opt", csvField(`${key}=${value}`))),
    ...(node.buildkitdConfig === undefined ? [] : [flag("buildkitd-config", node.buildkitdConfig)]),
  ];
}

/** Arguments of `buildx inspect`, which with `boot` starts what does not run and waits for it. */
export function inspectArgs(builder: string, options: { readonly boot?: boolean } = {}): string[] {
  return ["inspect", ...(options.boot ? ["--bootstrap"] : []), "--", plain(builder)];
}

/** Arguments of `buildx rm`. With `keepDaemon` only the local entry goes. */
export function removeArgs(builder: string, options: { readonly keepDaemon?: boolean } = {}): string[] {
  return ["rm", "--force", ...(options.keepDaemon ? ["--keep-daemon"] : []), "--", plain(builder)];
}

/**
 * Arguments of `buildx build` with progress as JSON lines.
 *
 * @param more what the user adds, such as `--build-arg=VERSION=1.2`
 * @throws UserError when a value cannot be handed over as it is, or what is added would change what the request says
 */
export function buildArgs(request: BuildRequest, metadataFile: string, more: readonly string[] = []): string[] {
  if (request.platforms.length === 0) throw new UserError(t("Choose at least one platform to build for."));
  return [
    "build",
    flag("builder", request.builder),
    "--progress=rawjson",
    flag("platform", request.platforms.map(checkPlatform).join(",")),
    flag("file", request.dockerfile),
    ...(request.target === undefined ? [] : [flag("target", request.target)]),
    ...(request.noCache ? ["--no-cache"] : []),
    ...outputArgs(request.output),
    flag("metadata-file", metadataFile),
    ...more.map(checkAdded),
    // Behind `--` a path that begins with a hyphen is no option.
    "--",
    plain(request.buildContext),
  ];
}

function outputArgs(output: BuildOutput): string[] {
  switch (output.kind) {
    case "folder":
      return [flag("output", `type=local,${csvField(`dest=${output.path}`)}`)];
    case "push": {
      const problem = validateImageReference(output.reference);
      if (problem !== undefined) throw new UserError(problem);
      return [flag("tag", output.reference), "--push"];
    }
    case "none":
      return ["--output=type=cacheonly"];
  }
}

/** `--name=value` as one argument, so that a value may begin with a hyphen. */
function flag(name: string, value: string): string {
  return `--${name}=${plain(value)}`;
}

/** Flags that say what the request says, or how the build is followed. */
const ownFlags = new Set(
  "builder platform file output push load target progress quiet metadata-file call check print debug help".split(" "),
);

function checkAdded(argument: string): string {
  const name = /^--([a-z][a-z-]*)(?:=|$)/.exec(argument)?.[1];
  if (name === undefined)
    // What stands behind may be a secret.
    throw new UserError(t("“{0}” is no argument that can be added to a build.", argument.replace(/=.*/s, "=…")), {
      remedy: t("Write each as one text that begins with --, for example --build-arg=VERSION=1.2."),
      action: "openSettings",
    });
  if (ownFlags.has(name))
    throw new UserError(t("--{0} cannot be added to a build: it is asked for, or set, by this extension.", name), {
      action: "openSettings",
    });
  return plain(argument);
}

/** A command line as it may be logged: what the user has added can hold secrets, also in its values' parts. */
export function withoutValues(command: readonly string[]): readonly string[] {
  return command.map((argument) => {
    const name = /^--([a-z][a-z-]*)=/.exec(argument)?.[1];
    return name === undefined || loggedFlags.has(name) ? argument : `--${name}=…`;
  });
}

/** Flags whose values are the extension's own. */
const loggedFlags = new Set([
  ...ownFlags,
  ..."tag target name driver node driver-opt buildkitd-config format".split(" "),
]);

function checkPlatform(platform: Platform): Platform {
  const normal = normalizePlatform(platform);
  if (normal === undefined) throw new UserError(t("“{0}” is no platform; write it like linux/arm64.", platform));
  return normal;
}

/** Line breaks would end a CSV record of buildx, and no program can be handed a NUL. */
function plain(value: string): string {
  if (/[\n\r\0]/.test(value)) {
    throw new UserError(t("“{0}” holds a line break, which buildx cannot be given.", value.replace(/[\n\r\0]+/g, "⏎")));
  }
  return value;
}

/** A field as buildx's CSV reader wants it: quoted where a comma or a quote would split it. */
function csvField(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
