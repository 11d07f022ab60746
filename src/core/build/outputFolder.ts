import { constants } from "node:fs";
import { access, mkdir, readdir, rmdir, stat, statfs } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { relativeInside } from "../files.ts";
import { t } from "../l10n.ts";
import { messageOf } from "../errors.ts";
import { type Cause, type DiskProblem, unwritableOutput } from "./failureCause.ts";

/** What is to be said of an output folder before the build. */
export interface FolderRemark {
  /** `refused`: nothing good can come of it. `risky`: it can be meant so. */
  readonly kind: "refused" | "risky";
  /** A sentence. */
  readonly text: string;
}

/** The path that a user's answer means: `~/` is the home folder, else relative to `base`. */
export function outputFolderOf(answer: string, base: string): string {
  return path.resolve(base, answer.trim().replace(/^~(?=$|[/\\])/, homedir()));
}

/** Looks at a folder that a build is to write to; `sources` are the folders that must not be mixed with its files. */
export async function remarkOnFolder(folder: string, sources: readonly string[]): Promise<FolderRemark | undefined> {
  const source = sources.find((one) => relativeInside(folder, one) !== undefined);
  if (source !== undefined) {
    return { kind: "refused", text: t("The files would get among those of {0}. Name a folder of its own.", source) };
  }
  const entries = await entriesOf(folder);
  if (entries === "file") return { kind: "refused", text: t("{0} is a file, not a folder.", folder) };
  if (entries === "forbidden") return { kind: "refused", text: t("{0} may not be read by you.", folder) };
  if (entries.some((entry) => !isPlatformFolder(entry)))
    return { kind: "risky", text: t("There are files in it already; those of the same names are overwritten.") };
  return undefined;
}

/** True for a folder that holds nothing but what builds have written, or nothing at all. */
export async function isOutputOnly(folder: string): Promise<boolean> {
  const entries = await entriesOf(folder);
  return typeof entries !== "string" && entries.every(isPlatformFolder);
}

/** Why nothing can be written to a folder, which need not exist yet; undefined when nothing is in the way. */
export async function diskProblemAt(folder: string): Promise<DiskProblem | undefined> {
  const refusal = await access(folder, constants.W_OK).catch((error: NodeJS.ErrnoException) => error);
  if (refusal?.code === "ENOENT" && path.dirname(folder) !== folder) return diskProblemAt(path.dirname(folder));
  if (refusal) return problems[refusal.code ?? ""] ?? "forbidden";
  const { bavail, bsize, files, ffree } = await statfs(folder);
  // Some file systems, such as btrfs, do not count files.
  const isFull = bavail * bsize < fullBelowBytes || (files > 0 && ffree === 0);
  return isFull ? "full" : undefined;
}

/** One try after the other: two in one folder would remove what the other has made. */
let trying: Promise<unknown> = Promise.resolve();

/** Why a build could not write to a folder, found by making it for a moment; undefined when it could. */
export async function cannotWriteTo(folder: string): Promise<Pick<Cause, "what" | "advice"> | undefined> {
  const tried = trying.then(async () => tryToWriteTo(folder));
  trying = tried.catch(() => undefined);
  return tried;
}

async function tryToWriteTo(folder: string): Promise<Pick<Cause, "what" | "advice"> | undefined> {
  const made: string[] = [];
  try {
    // One by one: Node's own way to make all at once never ends where the system knows no such folder, as in /proc.
    for (const one of await missingFolders(path.resolve(folder))) {
      if (await makeFolder(one)) made.unshift(one);
    }
  } catch (error) {
    const problem = problems[(error as NodeJS.ErrnoException).code ?? ""];
    if (problem) return unwritableOutput(problem);
    return { what: t("The output could not be written: {0}", messageOf(error)), advice: t("Choose another folder.") };
  } finally {
    // Another build may write there by now.
    for (const one of made) await rmdir(one).catch(() => undefined);
  }
  const problem = await diskProblemAt(folder);
  // What is left on a disk that is nearly full may be enough.
  return problem === "full" ? undefined : problem && unwritableOutput(problem);
}

/** False when it is there by now. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

const problems: Readonly<Record<string, DiskProblem>> = {
  EACCES: "forbidden",
  EPERM: "forbidden",
  EROFS: "readOnly",
  ENOSPC: "full",
  EDQUOT: "full",
};

/** What is not there of a path, the outermost first. */
async function missingFolders(folder: string): Promise<readonly string[]> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  return isThere || path.dirname(folder) === folder ? [] : [...(await missingFolders(path.dirname(folder))), folder];
}

/** What is left of a full disk when the file that filled it has been given up. */
const fullBelowBytes = 64 * 1024;

/** As BuildKit names what it exports for several platforms: `linux_arm64`. */
function isPlatformFolder(entry: string): boolean {
  return /^(?:linux|windows|darwin|freebsd)_\w+$/.test(entry);
}

async function entriesOf(folder: string): Promise<readonly string[] | "file" | "forbidden"> {
  const stats = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if (stats instanceof Error) return stats.code === "ENOTDIR" ? "file" : stats.code === "ENOENT" ? [] : "forbidden";
  if (!stats.isDirectory()) return "file";
  return readdir(folder).catch(() => "forbidden" as const);
}
