import { normalizePlatform, type Platform } from "../platform.ts";

/** A vertex that is a step of the Dockerfile. */
export interface StepName {
  readonly kind: "step";
  /** The platform the step is for; absent where the name has none (one-platform builds, `RUN` in `FROM scratch`). */
  readonly platform?: Platform;
  /** The platform the step executes on, where that is not the one it is for. */
  readonly runsOn?: Platform;
  /** Stage as BuildKit names it, behind the target's name in `bake`; empty when the Dockerfile has one stage. */
  readonly stage: string;
  readonly index: number;
  readonly total: number;
  /** What stands behind the bracket: instruction and arguments. */
  readonly text: string;
}

/** A vertex that is no step of the Dockerfile: `[internal] …`, exports, buildx's own work. */
export interface OtherName {
  readonly kind: "other";
  readonly platform?: Platform;
}

/**
 * Takes a vertex's name apart. The names are made by `prefixCommand` of BuildKit's Dockerfile frontend:
 * https://github.com/moby/buildkit/blob/v0.34.2/frontend/dockerfile/dockerfile2llb/convert.go
 */
export function parseVertexName(name: string): StepName | OtherName {
  return parseStep(name) ?? parseOther(name);
}

/** The instruction at the head of a step's text, in upper case, and the rest on one line. */
export function splitInstruction(text: string): { readonly instruction: string; readonly rest: string } {
  const match = /^\s*([A-Za-z]+)(?:\s+|$)([^]*)$/.exec(text);
  if (!match?.[1]) return { instruction: "", rest: oneLine(text) };
  return { instruction: match[1].toUpperCase(), rest: oneLine(match[2] ?? "") };
}

const stepPattern = /^\[((?:[^\]\s]+ )*) *(\d+)\/(\d+)\] ([^]*)$/;
const otherPattern = /^\[(?:[^\]\s]+ )?([a-z0-9]+(?:\([^)\]]*\))?\/[^\]\s]+)(?: internal)?\] /;
const platformPattern = /^([a-z0-9]+(?:\([^)]*\))?\/[a-z0-9_.]+(?:\/[a-z0-9.]+)?)(?:->(.+))?$/i;

function parseStep(name: string): StepName | undefined {
  const match = stepPattern.exec(name);
  if (!match) return undefined;
  const words = (match[1] ?? "").split(" ").filter(Boolean);
  const platforms = words.map(parsePlatforms);
  const at = platforms.findIndex(Boolean);
  const others = words.filter((_, index) => index !== at);
  if (others.length > 2) return undefined;
  return {
    kind: "step",
    ...platforms[at],
    stage: others.join(" "),
    index: Number(match[2]),
    total: Number(match[3]),
    text: match[4] ?? "",
  };
}

function parseOther(name: string): OtherName {
  const word = otherPattern.exec(name)?.[1];
  const platform = word === undefined ? undefined : parsePlatforms(word)?.platform;
  return platform === undefined ? { kind: "other" } : { kind: "other", platform };
}

/** `linux/amd64`, or `linux/amd64->arm64` for a step that runs on amd64 for arm64. */
function parsePlatforms(word: string): Pick<StepName, "platform" | "runsOn"> | undefined {
  const match = platformPattern.exec(word);
  const own = match?.[1] === undefined ? undefined : plainPlatform(match[1]);
  if (own === undefined) return undefined;
  if (match?.[2] === undefined) return { platform: own };
  const target = targetPlatform(match[2], own);
  if (target === undefined) return undefined;
  return target === own ? { platform: own } : { platform: target, runsOn: own };
}

/** Behind the arrow the operating system is left out when it is the same. */
function targetPlatform(target: string, own: Platform): Platform | undefined {
  const isArchitectureOnly = /^[a-z0-9_]+(?:\/v\d[a-z0-9.]*)?$/.test(target);
  return plainPlatform(isArchitectureOnly ? `${own.split("/")[0]}/${target}` : target);
}

/** Without the version of Windows that `FormatAll` adds in parentheses: a lane is named by the request's platform. */
function plainPlatform(text: string): Platform | undefined {
  return normalizePlatform(text.replace(/\([^)]*\)/, ""));
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").trim();
}
