import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/** The path of `inner` relative to `folder`, empty for the folder itself; undefined when it is not in there. */
export function relativeInside(folder: string, inner: string): string | undefined {
  const relative = path.relative(folder, inner);
  // On Windows another drive stays absolute.
  const isOutside = relative.split(path.sep)[0] === ".." || path.isAbsolute(relative);
  return isOutside ? undefined : relative;
}

/**
 * Writes a file that only its owner may read. Readers see the old file or the new one, never a part. Makes the folder
 * when it is missing.
 */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flag: "wx" });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
