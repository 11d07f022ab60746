import * as vscode from "vscode";

const pattern = "**/{Dockerfile,Dockerfile.*,*.Dockerfile,*.dockerfile,Containerfile}";

const excluded = "{**/{node_modules,vendor,.git}/**,**/*.dockerignore}";

/** All Dockerfiles of the workspace, without what dependencies bring along. */
export async function findDockerfiles(): Promise<readonly vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(pattern, excluded, 500);
  return found.toSorted((a, b) => a.path.localeCompare(b.path));
}

/** A Dockerfile's path as people say it: relative to its workspace folder. */
export function shownPath(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri);
}
