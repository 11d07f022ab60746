import { realpathSync } from "node:fs";

/** Whether a module is the program itself and not imported (`import.meta.main` needs Node 24). */
export function isMain({ filename }: ImportMeta): boolean {
  const { argv } = process;
  return argv[1] !== undefined && realpathSync(argv[1]) === filename;
}
