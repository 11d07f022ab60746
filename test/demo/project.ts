import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { labToolchain, type StageCluster } from "./cluster.ts";
import type { Stage } from "./stage.ts";

/** Texts by path. */
export type Files = Readonly<Record<string, string>>;

const sample = path.join(import.meta.dirname, "../fixtures/sample");

/** The sample project, with a base image that the cluster can pull. */
export function sampleFiles({ toolchain }: StageCluster): Files {
  const names = readdirSync(sample, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(path.join(sample, name)).isFile());
  const read = (name: string) => readFileSync(path.join(sample, name), "utf8").replaceAll(labToolchain, toolchain);
  return Object.fromEntries(files.map((name) => [name, read(name)]));
}

/** Makes these files the stage's project, with the settings that its cluster needs and others. */
export function placeProject(
  stage: Stage,
  files: Files,
  { buildkitdConfig }: StageCluster,
  settings: Readonly<Record<string, unknown>> = {},
): void {
  // In the project: of user settings about this machine, a browser's VS Code takes none.
  const all = { "multiArchBuilds.builder.buildkitdConfig": buildkitdConfig, ...settings };
  placeFiles(stage, { ...files, ".vscode/settings.json": `${JSON.stringify(all, undefined, 2)}\n` });
}

/** Writes files of the stage's project, as programs where they begin like one. */
export function placeFiles(stage: Stage, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(stage.project, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
}
