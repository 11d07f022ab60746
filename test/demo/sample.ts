import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { labToolchain, type StageCluster } from "./cluster.ts";
import type { Stage } from "./stage.ts";

const sample = path.join(import.meta.dirname, "../fixtures/sample");

/** Makes the sample project the stage's, with a base image that its cluster can pull, and the settings it needs there. */
export function placeSample(stage: Stage, { toolchain, buildkitdConfig }: StageCluster): void {
  cpSync(sample, stage.project, { recursive: true });
  const dockerfile = path.join(stage.project, "Dockerfile");
  writeFileSync(dockerfile, readFileSync(dockerfile, "utf8").replaceAll(labToolchain, toolchain));
  if (buildkitdConfig !== undefined)
    writeSettings(stage, { "multiArchBuilds.builder.buildkitdConfig": buildkitdConfig });
}

/** In the project: of user settings about this machine, a browser's VS Code takes none. */
function writeSettings(stage: Stage, settings: Readonly<Record<string, unknown>>): void {
  const dir = path.join(stage.project, ".vscode");
  mkdirSync(dir);
  writeFileSync(path.join(dir, "settings.json"), `${JSON.stringify(settings, undefined, 2)}\n`);
}
