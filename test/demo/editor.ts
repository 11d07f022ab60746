import { mkdirSync } from "node:fs";
import path from "node:path";
import type { WorkbenchOptions } from "../workbench/open.ts";
import { Workbench } from "../workbench/workbench.ts";
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

/** Opens the stage's project in a VS Code with the packed extension, in a browser of its own. */
export async function openWindow(
  stage: Stage,
  cluster: StageCluster,
  options: Pick<WorkbenchOptions, "pictures" | "settings" | "timeoutMs" | "trust" | "viewport">,
): Promise<Workbench> {
  const env = editorEnvironment(stage, cluster);
  const window = await Workbench.open({ folder: stage.project, vsix, env, ...options });
  // Turning icons cost a browser without a graphics card as much as all the rest together.
  await window.page.emulateMedia({ reducedMotion: "reduce" });
  return window;
}
