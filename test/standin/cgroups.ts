import { existsSync, readdirSync, rmdirSync } from "node:fs";
import path from "node:path";

const root = "/sys/fs/cgroup";

/** Removes an empty control group of that name with all below it, under each controller where there are several. */
export function removeCgroup(name: string): void {
  const parents = existsSync(root) ? [root, ...foldersIn(root)] : [];
  for (const parent of parents) removeTree(path.join(parent, name));
}

function removeTree(dir: string): void {
  if (!existsSync(dir)) return;
  foldersIn(dir).forEach(removeTree);
  rmdirSync(dir);
}

function foldersIn(dir: string): readonly string[] {
  const entries = readdirSync(dir, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(dir, name));
}
