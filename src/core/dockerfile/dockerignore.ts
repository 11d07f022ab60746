import { appendFile, readFile } from "node:fs/promises";
import path from "node:path";
import dockerignoreModule from "@balena/dockerignore";
import { relativeInside } from "../files.ts";

// The package is CommonJS with a `default`, which its types describe.
const dockerignore = dockerignoreModule.default;

/** What decides which files are sent to the builder. Paths are absolute. */
export interface ContextSource {
  readonly buildContext: string;
  readonly dockerfile: string;
}

/** True when the files of this folder are sent to the builder as part of the build context. */
export async function isSent(folder: string, source: ContextSource): Promise<boolean> {
  const relative = relativePath(folder, source);
  if (relative === undefined) return false;
  const { text } = await readIgnoreFile(source);
  return isIgnored(path.join(relative, "file"), text) === false;
}

/** True when this file of the build context is left out. */
export async function isIgnoredFile(file: string, source: ContextSource): Promise<boolean> {
  const relative = relativePath(file, source);
  if (relative === undefined) return false;
  const { text } = await readIgnoreFile(source);
  return isIgnored(relative, text) === true;
}

/** Undefined for patterns that the library reads otherwise than BuildKit: it takes these characters for its own. */
function isIgnored(relative: string, patterns: string): boolean | undefined {
  if (/[+()|^{}]/.test(patterns)) return undefined;
  return dockerignore({ ignorecase: false }).add(patterns).ignores(relative);
}

/** Adds the folder to the file that decides what is sent; makes `.dockerignore` when there is none. */
export async function ignoreFolder(folder: string, source: ContextSource): Promise<void> {
  const relative = relativePath(folder, source);
  if (relative === undefined) return;
  const { file, text } = await readIgnoreFile(source);
  const isLineOpen = text !== "" && !text.endsWith("\n");
  await appendFile(file, `${isLineOpen ? "\n" : ""}${relative.replaceAll(path.sep, "/")}\n`);
}

/** Undefined for a folder that is not inside the context, and for the context itself. */
function relativePath(folder: string, { buildContext }: ContextSource): string | undefined {
  return relativeInside(buildContext, folder) || undefined;
}

/** A Dockerfile's own file goes before the context's (`frontend/dockerui/config.go` in BuildKit). */
async function readIgnoreFile(source: ContextSource): Promise<{ readonly file: string; readonly text: string }> {
  const own = `${source.dockerfile}.dockerignore`;
  const ownText = await textOf(own);
  if (ownText !== undefined) return { file: own, text: ownText };
  const file = path.join(source.buildContext, ".dockerignore");
  return { file, text: (await textOf(file)) ?? "" };
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
