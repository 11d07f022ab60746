import { readFile } from "node:fs/promises";
import path from "node:path";
import { messageOf, UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import { isRecord } from "../json.ts";

/** A mapping of a kubeconfig as it was read: unknown keys included, so that nothing is lost when it is written again. */
export type Stanza = Readonly<Record<string, unknown>>;

/** The three lists of a kubeconfig by name, and its current context. File references are absolute. */
export interface KubeconfigContent {
  readonly clusters: ReadonlyMap<string, Stanza>;
  readonly users: ReadonlyMap<string, Stanza>;
  readonly contexts: ReadonlyMap<string, Stanza>;
  readonly currentContext: string | undefined;
}

/**
 * Reads one kubeconfig file.
 *
 * @returns undefined when there is no such file
 * @throws {UserError} when it cannot be read, is no YAML, or is no kubeconfig; tells the line where it is known
 */
export async function readKubeconfigFile(file: string): Promise<KubeconfigContent | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new UserError(t("The kubeconfig {0} cannot be read: {1}", file, messageOf(error)), { cause: error });
  }
  return parseKubeconfig(text, file);
}

/** Parses the text of the kubeconfig `file`; relative paths in it are relative to that file, as kubectl has it. */
async function parseKubeconfig(text: string, file: string): Promise<KubeconfigContent> {
  // Loaded when it is needed: it is most of what reading clusters adds to the start of the extension.
  const { LineCounter, parseDocument } = await import("./yaml.ts");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "silent" });
  const problem = document.errors[0];
  if (problem) {
    const { line } = lines.linePos(problem.pos[0]);
    throw invalid(t("The kubeconfig {0} is not valid YAML, line {1}: {2}", file, line, problem.message), problem);
  }
  // An empty file is what `kubectl config unset` may leave behind; kubectl reads it as a kubeconfig without entries.
  const root: unknown = document.toJS() ?? {};
  if (!isRecord(root)) throw invalid(t("{0} is not a kubeconfig.", file));
  const directory = path.dirname(file);
  return {
    clusters: namedStanzas(root["clusters"], "cluster", file, (stanza) =>
      withAbsolutePaths(stanza, ["certificate-authority"], directory),
    ),
    users: namedStanzas(root["users"], "user", file, (stanza) => absoluteUser(stanza, directory)),
    contexts: namedStanzas(root["contexts"], "context", file, (stanza) => stanza),
    currentContext: textIn(root, "current-context"),
  };
}

/** The text under a key; undefined when there is none, or an empty one, or something else. */
export function textIn(stanza: Stanza | undefined, key: string): string | undefined {
  const value = stanza?.[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function namedStanzas(
  list: unknown,
  key: "cluster" | "user" | "context",
  file: string,
  complete: (stanza: Stanza) => Stanza,
): ReadonlyMap<string, Stanza> {
  const result = new Map<string, Stanza>();
  if (list === undefined || list === null) return result;
  if (!Array.isArray(list)) throw invalid(t('In the kubeconfig {0}, "{1}" is not a list.', file, `${key}s`));
  list.forEach((entry: unknown, index) => {
    const name = isRecord(entry) ? textIn(entry, "name") : undefined;
    if (!isRecord(entry) || name === undefined) {
      throw invalid(t("In the kubeconfig {0}, {1} has no name.", file, `${key}s[${index}]`));
    }
    if (result.has(name)) {
      throw invalid(t('The kubeconfig {0} has two entries named "{1}" in its list "{2}".', file, name, `${key}s`));
    }
    const stanza = entry[key] ?? {};
    if (!isRecord(stanza)) throw invalid(t('In the kubeconfig {0}, {1} "{2}" is not a mapping.', file, key, name));
    result.set(name, complete(stanza));
  });
  return result;
}

function absoluteUser(stanza: Stanza, directory: string): Stanza {
  const user = withAbsolutePaths(stanza, ["client-certificate", "client-key", "tokenFile"], directory);
  const exec = user["exec"];
  const command = isRecord(exec) ? textIn(exec, "command") : undefined;
  // A bare command is looked up in PATH; one with a separator is relative to the file (client-go, ResolveLocalPaths).
  if (!isRecord(exec) || command === undefined || path.basename(command) === command) return user;
  return { ...user, exec: withAbsolutePaths(exec, ["command"], directory) };
}

function withAbsolutePaths(stanza: Stanza, keys: readonly string[], directory: string): Stanza {
  const result: Record<string, unknown> = { ...stanza };
  for (const key of keys) {
    const value = textIn(stanza, key);
    if (value !== undefined) result[key] = path.resolve(directory, value);
  }
  return result;
}

function invalid(what: string, cause?: unknown): UserError {
  return new UserError(what, { action: "openKubeconfig", cause });
}
