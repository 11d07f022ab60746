import { mkdirSync } from "node:fs";
import path from "node:path";
import type { StageCluster } from "./cluster.ts";
import type { Stage } from "./stage.ts";

/** The packed extension; `npm run package` makes it. */
export const vsix = path.join(import.meta.dirname, "../../out/multi-arch-builds.vsix");

/** The environment of a VS Code that works on the stage's cluster and has no state but the stage's. */
export function editorEnvironment(stage: Stage, { PATH }: StageCluster): Readonly<Record<string, string | undefined>> {
  for (const dir of [stage.buildxDir, stage.dockerDir]) mkdirSync(dir, { recursive: true });
  return {
    PATH,
    // Else VS Code asks a login shell for the environment, which has a PATH of its own.
    VSCODE_CLI: "1",
    KUBECONFIG: stage.kubeconfig,
    BUILDX_CONFIG: stage.buildxDir,
    DOCKER_CONFIG: stage.dockerDir,
    // Either would lead buildx, and with it the extension, away from the stage's builders.
    BUILDX_BUILDER: undefined,
    DOCKER_HOST: undefined,
  };
}
