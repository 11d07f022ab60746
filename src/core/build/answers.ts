import type { Platform } from "../platform.ts";
import type { BuildOutput, BuildRequest } from "../buildx/buildRequest.ts";
import { isRecord } from "../json.ts";

/** What was answered for a Dockerfile the last time; offered again, and repeated by «Build Again». */
export type RememberedAnswers = Omit<BuildRequest, "dockerfile">;

/** Reads answers that were stored as JSON; undefined when they are not (or no longer) of that shape. */
export function parseAnswers(stored: unknown): RememberedAnswers | undefined {
  if (!isRecord(stored)) return undefined;
  const { builder, buildContext, platforms, output } = stored;
  if (typeof builder !== "string" || typeof buildContext !== "string") return undefined;
  if (!Array.isArray(platforms) || !platforms.every((platform): platform is Platform => typeof platform === "string"))
    return undefined;
  const parsedOutput = parseOutput(output);
  return parsedOutput && { builder, buildContext, platforms, output: parsedOutput };
}

/** True for a whole request, as it was stored as JSON. */
export function isRequest(stored: unknown): stored is BuildRequest {
  return isRecord(stored) && typeof stored["dockerfile"] === "string" && parseAnswers(stored) !== undefined;
}

function parseOutput(stored: unknown): BuildOutput | undefined {
  if (!isRecord(stored)) return undefined;
  const { kind, path, reference } = stored;
  if (kind === "none") return { kind };
  if (kind === "folder" && typeof path === "string") return { kind, path };
  if (kind === "push" && typeof reference === "string") return { kind, reference };
  return undefined;
}
