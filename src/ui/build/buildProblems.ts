import * as path from "node:path";
import * as vscode from "vscode";
import type { BuildRun } from "../../core/build/run.ts";
import type { Failure } from "../../core/build/snapshot.ts";
import type { Disposable } from "../../core/event.ts";
import { currentLine } from "../dockerfile/currentLine.ts";

/** Failed builds in the Problems view, at the line of the Dockerfile; gone when that Dockerfile is built again. */
export class BuildProblems implements Disposable {
  readonly #problems = vscode.languages.createDiagnosticCollection("multi-arch-builds");

  clear(build: BuildRun): void {
    this.#problems.delete(vscode.Uri.file(build.request.dockerfile));
  }

  /** Reports a build that has ended. */
  async report(build: BuildRun): Promise<void> {
    const { failure } = build.summary().head;
    const isOfDockerfile = failure?.file === undefined || failure.file === path.basename(build.request.dockerfile);
    // What the Dockerfile has no part in, such as a lost connection, cannot be mended there.
    if (failure?.line === undefined || !isOfDockerfile) return;
    const uri = vscode.Uri.file(build.request.dockerfile);
    const range = await rangeOfLine(uri, build, failure.line);
    const problem = new vscode.Diagnostic(range, problemText(failure), vscode.DiagnosticSeverity.Error);
    problem.source = "Multi-Arch Builds";
    this.#problems.set(uri, [problem]);
  }

  dispose(): void {
    this.#problems.dispose();
  }
}

/** The whole line; its beginning only when the file is not there any more. */
async function rangeOfLine(uri: vscode.Uri, build: BuildRun, line: number): Promise<vscode.Range> {
  const document = await vscode.workspace.openTextDocument(uri).then(undefined, () => undefined);
  return document?.lineAt(currentLine(build, document, line) - 1).range ?? new vscode.Range(line - 1, 0, line - 1, 0);
}

function problemText({ what, message, logTail }: Failure): string {
  return [what, message, ...logTail.slice(-3)].filter(Boolean).join("\n");
}
