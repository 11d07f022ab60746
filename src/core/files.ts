import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

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
    await replace(file, draft);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** On Windows a file cannot be replaced while somebody reads it, most often a virus scanner for a moment. */
async function replace(file: string, draft: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(draft, file);
      return;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const isBusy = process.platform === "win32" && ["EACCES", "EBUSY", "EPERM"].includes(code);
      if (!isBusy || attempt > busyRetries) throw error;
      await sleep(50 * attempt);
    }
  }
}

const busyRetries = 6;
