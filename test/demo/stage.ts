import path from "node:path";

/**
 * The temporary folder of one demo or test run. Everything it writes is in there, so that nothing of the user's is
 * touched, and ending it is removing the folder.
 */
export class Stage {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** A kubeconfig with one context, the run's cluster. */
  get kubeconfig(): string {
    return path.join(this.dir, "kubeconfig");
  }

  /** BUILDX_CONFIG: the builders that were made in this run, and no others. */
  get buildxDir(): string {
    return path.join(this.dir, "buildx");
  }

  /** DOCKER_CONFIG: no registry passwords, no plugins. */
  get dockerDir(): string {
    return path.join(this.dir, "docker");
  }

  /** VS Code's extensions, settings and state. */
  get editorDir(): string {
    return path.join(this.dir, "vscode");
  }

  /** The folder that is open in VS Code. */
  get project(): string {
    return path.join(this.dir, "project");
  }

  /** There from just before this run starts the local cluster; absent when that ran already. */
  get labNote(): string {
    return path.join(this.dir, "started-lab");
  }

  /** Names of the namespaces there were before, a JSON list; absent where they may not be listed. */
  get namespacesNote(): string {
    return path.join(this.dir, "namespaces.json");
  }
}
