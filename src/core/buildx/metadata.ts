import { readFile } from "node:fs/promises";

/**
 * The digest of a pushed image in what `build --metadata-file` has written: the only thing it tells of builds on several
 * nodes. Undefined where nothing was pushed.
 */
export async function readDigest(metadataFile: string): Promise<string | undefined> {
  const text = await readFile(metadataFile, "utf8").catch(() => "{}");
  const metadata = JSON.parse(text) as Record<string, unknown>;
  const digest = metadata["containerimage.digest"];
  return typeof digest === "string" ? digest : undefined;
}
