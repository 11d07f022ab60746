import { t } from "../l10n.ts";
import { inspectArgs } from "./args.ts";
import type { BuildxCli } from "./cli.ts";
import { errorText, isClientNoise } from "./errorText.ts";

/** What one node of a builder is doing, as buildx tells it. */
export type BuilderNodeStatus =
  | { readonly kind: "running"; readonly buildkitVersion?: string }
  /** Not running, or not reachable: buildx does not tell these apart. It is started by the next build. */
  | { readonly kind: "inactive" }
  | { readonly kind: "error"; readonly reason: string };

/** The status of a builder's nodes by their names, or the reason why buildx can tell nothing at all. */
export type InspectedBuilder =
  | { readonly kind: "known"; readonly nodes: ReadonlyMap<string, BuilderNodeStatus> }
  | { readonly kind: "error"; readonly reason: string };

/** An engine that does not answer within this time is not waited for. */
const statusTimeoutMs = 10_000;

/**
 * Asks buildx for the status of one builder that is not on Kubernetes. (For those, the cluster is asked: buildx calls
 * everything it cannot reach or is not allowed to see inactive.) Boots nothing.
 *
 * @throws UserError when buildx does not answer in time; AbortError when the signal was aborted
 */
export async function readBuilderStatus(
  cli: BuildxCli,
  builder: string,
  signal?: AbortSignal,
): Promise<InspectedBuilder> {
  const { exitCode, stdout, stderr } = await cli.run(inspectArgs(builder), { signal, timeoutMs: statusTimeoutMs });
  if (exitCode === 0) return parseInspect(stdout);
  return { kind: "error", reason: lastError(stderr) };
}

/**
 * Parses the text of `buildx inspect`, which has no other format (`commands/inspect.go`). Rows that do not matter
 * here are skipped.
 */
export function parseInspect(text: string): InspectedBuilder {
  const [head = "", body] = text.split(/^Nodes:\s*$/m);
  const builderError = valueOf(head, "Error");
  if (builderError !== undefined) return { kind: "error", reason: builderError };
  const nodes = (body ?? "").split(/^(?=Name: )/m).flatMap((section): [string, BuilderNodeStatus][] => {
    const name = valueOf(section, "Name");
    return name === undefined ? [] : [[name, nodeStatusOf(section)]];
  });
  return { kind: "known", nodes: new Map(nodes) };
}

/** buildx's reason for failing, in one line: what it calls its error, else the last line it prints. */
export function lastError(stderr: string): string {
  const lines = stderr.split("\n");
  const reason = errorText(lines) ?? lines.findLast((line) => line.trim() !== "" && !isClientNoise(line)) ?? "";
  return reason.replaceAll(/\s+/g, " ").trim() || t("buildx gave no reason.");
}

function nodeStatusOf(section: string): BuilderNodeStatus {
  const error = valueOf(section, "Error");
  if (error !== undefined) return { kind: "error", reason: error };
  return valueOf(section, "Status") === "running"
    ? { kind: "running", buildkitVersion: valueOf(section, "BuildKit version") }
    : { kind: "inactive" };
}

function valueOf(section: string, key: string): string | undefined {
  return new RegExp(`^${key}: +(.*\\S)`, "m").exec(section)?.[1];
}
