import type { BuildRequest } from "../buildx/buildRequest.ts";
import type { DockerfileProblem } from "../dockerfile/check.ts";
import { t } from "../l10n.ts";
import { failureOfDockerfile } from "./failure.ts";
import { cannotWriteTo } from "./outputFolder.ts";
import type { Failure } from "./snapshot.ts";

/** Looks for what would make a build fail for sure. */
export type DockerfileCheck = () => Promise<DockerfileProblem | undefined>;

/** Why a build would fail for sure, found without a builder; undefined where nothing is known against it. */
export async function failureBefore(
  request: BuildRequest,
  check: DockerfileCheck | undefined,
): Promise<Failure | undefined> {
  const problem = await check?.();
  if (problem) return failureOfDockerfile(problem, request);
  const { output } = request;
  const unwritable = output.kind === "folder" ? await cannotWriteTo(output.path) : undefined;
  return unwritable && { ...unwritable, message: t("Nothing was sent to the builder."), logTail: [] };
}
