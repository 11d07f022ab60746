import type * as vscode from "vscode";
import type { ShownBuild } from "../../core/build/shownBuild.ts";
import { unchangedIn } from "../../core/dockerfile/unchanged.ts";

/** The line of an open Dockerfile that is now what a line was when it was built; both are 1-based. */
export function currentLine(build: ShownBuild, document: vscode.TextDocument, line: number): number {
  const { dockerfileText } = build;
  const place =
    dockerfileText === undefined
      ? undefined
      : unchangedIn(dockerfileText, document.getText())({ line, lastLine: line });
  return Math.min(place?.line ?? line, document.lineCount);
}
