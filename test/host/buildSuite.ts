import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";

/** Bundles the entry of a suite and every `*.test.ts` beside it, each to a file of its own. */
export async function buildSuite(suiteDir: string, outDir: string): Promise<string> {
  const tests = readdirSync(suiteDir).filter((file) => file.endsWith(".test.ts"));
  // A test that was removed must not go on running.
  rmSync(outDir, { recursive: true, force: true });
  await build({
    entryPoints: [
      path.join(import.meta.dirname, "suite", "index.ts"),
      ...tests.map((file) => path.join(suiteDir, file)),
    ],
    outdir: outDir,
    entryNames: "[name]",
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    external: ["vscode", "mocha"],
    logLevel: "warning",
  });
  return path.join(outDir, "index.cjs");
}
