import { randomBytes } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Builder } from "../buildx/builder.ts";
import { loadKubeconfig, selectContext, type ClusterAccess } from "../cluster/kubeconfig.ts";
import { writePinnedKubeconfig } from "../cluster/pinnedKubeconfig.ts";
import { writePrivateFile } from "../files.ts";

/** What is noted beside a kubeconfig that pins a builder to its cluster. No secrets. */
export interface PinNote {
  readonly builder: string;
  /** The folder of the buildx store that the builder is in. */
  readonly store: string;
  /** The user's kubeconfig it was made from; without a file, the default one. */
  readonly source: { readonly kubeconfig?: string; readonly context: string };
  /** While the builder is being created: the process that does it, see `processMark`. */
  readonly maker?: string;
  /** While the builder is being created: the namespace that was made for it. */
  readonly madeNamespace?: string;
  /** While the builder is being created: the volume claims that were there before, which hold somebody's cache. */
  readonly knownClaims?: readonly string[];
}

/** A kubeconfig of our own, which pins one builder to its cluster, with its note. */
export interface Pin {
  readonly kubeconfig: string;
  readonly note: PinNote;
}

/** True for a builder that was made here. */
export function isPinned(builder: Builder, folder: string): boolean {
  return builder.nodes.some(({ kubernetes }) => path.dirname(kubernetes?.kubeconfig ?? "") === folder);
}

/** Makes the pin of a new builder: the note first, so that no kubeconfig is ever without. */
export async function makePin(folder: string, access: ClusterAccess, note: PinNote): Promise<Pin> {
  const pin = { kubeconfig: path.join(folder, `${note.builder}-${randomBytes(4).toString("hex")}.yaml`), note };
  await writeNote(pin);
  await writePinnedKubeconfig(pin.kubeconfig, access);
  return pin;
}

/** Notes something else about the same pin. */
export async function writeNote({ kubeconfig, note }: Pin): Promise<void> {
  await writePrivateFile(noteFile(kubeconfig), JSON.stringify(note));
}

/** All pins in the folder, but for those whose note cannot be read. */
export async function readPins(folder: string): Promise<readonly Pin[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(noteSuffix));
  const pins = await Promise.all(
    files.map(async (file) => {
      const kubeconfig = path.join(folder, file.slice(0, -noteSuffix.length));
      const note = parseNote(await readFile(path.join(folder, file), "utf8").catch(() => ""));
      return note && { kubeconfig, note };
    }),
  );
  return pins.filter((pin) => pin !== undefined);
}

/** Removes a pin's files; it is fine when there are none. */
export async function removePin(kubeconfig: string): Promise<void> {
  await rm(kubeconfig, { force: true });
  await rm(noteFile(kubeconfig), { force: true });
}

/**
 * Brings new credentials of the user's kubeconfig into the pinned one, as long as both mean the same server.
 *
 * @returns whether there were any
 * @throws UserError when one of the two cannot be read or has no such context any more
 */
export async function refreshPin({ kubeconfig, note }: Pin, env: NodeJS.ProcessEnv): Promise<boolean> {
  const source = selectContext(await loadKubeconfig({ path: note.source.kubeconfig, env }), note.source.context);
  const own = selectContext(await loadKubeconfig({ path: kubeconfig, env }));
  if (source.context.server !== own.context.server || source.identity === own.identity) return false;
  await writePinnedKubeconfig(kubeconfig, { ...own, cluster: source.cluster, user: source.user });
  return true;
}

const noteSuffix = ".json";

function noteFile(kubeconfig: string): string {
  return `${kubeconfig}${noteSuffix}`;
}

function parseNote(json: string): PinNote | undefined {
  try {
    const note = JSON.parse(json) as Partial<PinNote>;
    const isWhole =
      typeof note.builder === "string" && typeof note.store === "string" && typeof note.source?.context === "string";
    return isWhole ? (note as PinNote) : undefined;
  } catch {
    return undefined; // It was damaged: then nothing is done about it.
  }
}
