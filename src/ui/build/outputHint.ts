import * as vscode from "vscode";
import type { BuildRequest } from "../../core/buildx/buildRequest.ts";
import { isOutputOnly } from "../../core/build/outputFolder.ts";
import { ignoreFolder, isSent } from "../../core/dockerfile/dockerignore.ts";
import { showText } from "../messages.ts";

/**
 * Tells once per folder that a build's output lies in its build context, where the next build sends all of it and
 * `COPY . .` takes it for a change.
 */
export async function hintAtSentOutput(request: BuildRequest, memory: vscode.Memento): Promise<void> {
  const { output } = request;
  if (output.kind !== "folder") return;
  const key = `outputHint:${output.path}`;
  // A folder that has anything else in it may be needed for the build.
  if (memory.get(key) || !(await isOutputOnly(output.path)) || !(await isSent(output.path, request))) return;
  await memory.update(key, true);
  const folder = vscode.workspace.asRelativePath(output.path);
  const ignore = vscode.l10n.t("Add to .dockerignore");
  const text = vscode.l10n.t(
    "The output folder {0} is inside the build context: the next build will send its files too, and not find them in the cache.",
    folder,
  );
  const answer = await showText(text, ignore);
  if (answer === ignore) await ignoreFolder(output.path, request);
}
