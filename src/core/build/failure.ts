import { basename } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { BuildRequest } from "../buildx/buildRequest.ts";
import { isClientNoise } from "../buildx/errorText.ts";
import type { DockerfileProblem } from "../dockerfile/check.ts";
import { UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import type { Platform } from "../platform.ts";
import { causeOf, isOutputRefused, missingFromContext } from "./failureCause.ts";
import { readFinalText } from "./finalText.ts";
import { isBoot, sharedFailure, sharedLabel } from "./sharedLabel.ts";
import type { BuildState, Failure } from "./snapshot.ts";
import { isCancellation, type Step } from "./step.ts";

/** What is known when buildx has ended. */
export interface Ending {
  readonly exitCode?: number;
  /**
   * Whether a signal was sent: with the kubernetes driver neither code nor text tell a cancel from a lost pod. Absent
   * where that is not known.
   */
  readonly wasCanceled?: boolean;
  /** Plain text of stderr. */
  readonly text: readonly string[];
  /** Steps that failed by themselves. */
  readonly failed: readonly Step[];
  /** Whether steps were cut or still open. */
  readonly isCut: boolean;
}

/** How a build ended. Without an exit code, text and steps tell. */
export function verdictOf({ exitCode, wasCanceled, text, failed, isCut }: Ending): BuildState {
  if (exitCode === 0) return "done";
  if (wasCanceled || exitCode === 130) return "canceled";
  if (failed.length > 0) return "failed";
  const { message } = readFinalText(text);
  const isLost = wasCanceled === false && message !== undefined && isConnectionLoss(message);
  if (message !== undefined) return isCancellation(message) && !isLost ? "canceled" : "failed";
  if (exitCode !== undefined) return "failed";
  return isCut ? "canceled" : "done";
}

/** Why a build failed: from the final text, and from the step it speaks of. */
export function failureOf({ exitCode, text, failed }: Ending): Failure {
  const { message, file, line } = readFinalText(text);
  const step = failed.find(({ error }) => error !== undefined && message?.includes(error)) ?? failed[0];
  const words = message ?? step?.error ?? text.find(isTelling);
  const told = step?.error ?? (step ? "" : (message ?? ""));
  const known = causeOf({ name: step?.fullName, message: told, platform: step?.name.platform });
  const meant = /\(did you mean (\S+)\?\)/.exec(message ?? "")?.[1];
  const platform = known?.isOfAllPlatforms ? undefined : platformOf(step, failed);
  return {
    what: known?.what ?? (step ? whatFailed(step, platform) : whatElse(message)),
    advice: [known?.advice, meant && t("Perhaps {0} is meant.", meant)].filter(Boolean).join(" ") || undefined,
    cause: step ? causeIn(step) : isConnectionLoss(message ?? "") ? "connection" : undefined,
    message: words ?? t("buildx ended with exit code {0} without saying why.", exitCode ?? "?"),
    stepId: step?.id,
    platform,
    exitCode: exitCodeOf(step?.error),
    file,
    line,
    logTail: step ? logTail(step) : [],
  };
}

/** What has kept a build from being run at all, as its failure. */
export function failureOfError(error: unknown): Failure {
  if (!(error instanceof UserError))
    return { what: t("The build could not be followed."), message: String(error), logTail: [] };
  return { what: error.message, message: "", advice: error.remedy, logTail: [] };
}

/** What makes a Dockerfile useless, as the failure of a build that was not begun. */
export function failureOfDockerfile(
  { kind, subject, line }: DockerfileProblem,
  { dockerfile, buildContext }: Pick<BuildRequest, "dockerfile" | "buildContext">,
): Failure {
  const { what, advice } =
    kind === "missingFile" ? missingFromContext(subject) : { what: dockerfileTexts[kind](subject) };
  const unsent = t("Nothing was sent to the builder.");
  const message = kind === "missingFile" ? [t("The build context is {0}.", buildContext), unsent].join(" ") : unsent;
  return { what, message, advice, file: basename(dockerfile), line, logTail: [] };
}

const dockerfileTexts: Readonly<
  Record<Exclude<DockerfileProblem["kind"], "missingFile">, (subject: string) => string>
> = {
  noFrom: () => t("The Dockerfile is not valid: it has no FROM."),
  unknownInstruction: (subject) => t("The Dockerfile is not valid: {0} is no instruction.", subject),
  unknownStage: (subject) => t("The Dockerfile has no stage {0}.", subject),
  tooFewArguments: (subject) => t("The Dockerfile is not valid: {0} needs a source and a destination.", subject),
};

/** What fails before the build begins, such as a wrong flag, is told on the first line, without a mark. */
function isTelling(line: string): boolean {
  return line.trim() !== "" && !line.startsWith("WARNING:") && !isClientNoise(line);
}

/** The platform, unless the same step failed on several. */
function platformOf(step: Step | undefined, failed: readonly Step[]): Platform | undefined {
  const hasOthers = failed.some((other) => other.platform !== step?.platform && other.error === step?.error);
  return hasOthers ? undefined : step?.platform;
}

function whatFailed({ name, fullName }: Step, platform: Platform | undefined): string {
  if (name.kind === "other") {
    return sharedFailure(fullName) ?? t("{0} failed", sharedLabel(fullName));
  }
  const { stage, index, total } = name;
  const step = stage === "" ? t("step {0}/{1}", index, total) : `${stage} ${index}/${total}`;
  return platform === undefined ? t("{0} failed", step) : t("{0} failed on {1}", step, platform);
}

/** For failures that no step has: what is wrong with the Dockerfile, the connection, or with what was asked for. */
function whatElse(message: string | undefined): string {
  if (message === undefined) return t("The build failed.");
  return reasons.find(([pattern]) => pattern.test(message))?.[1]() ?? t("The build failed.");
}

const connectionLoss = /code = Unavailable|^Unavailable: |^listing workers|error reading from server/;

const reasons: readonly (readonly [RegExp, () => string])[] = [
  [/^dockerfile parse error/, () => t("The Dockerfile is not valid.")],
  [/^failed to read dockerfile/, () => t("The Dockerfile could not be read.")],
  [connectionLoss, () => t("The connection to the builder was lost.")],
];

function causeIn({ name, fullName, error = "" }: Step): Failure["cause"] {
  if (name.kind === "other" && isBoot(fullName)) return "boot";
  if (isOutputRefused({ name: fullName, message: error })) return "output";
  // What the step's own command says begins with that command.
  return isConnectionLoss(error) && !error.startsWith("process ") ? "connection" : undefined;
}

function isConnectionLoss(message: string): boolean {
  return connectionLoss.test(message);
}

function exitCodeOf(error: string | undefined): number | undefined {
  const match = /exit code: (\d+)$/.exec(error ?? "");
  return match ? Number(match[1]) : undefined;
}

/** As it would stand on a terminal: the last text of a line that was overwritten, without colours. */
function logTail(step: Step): readonly string[] {
  const lines = stripVTControlCharacters(step.log.read().text).split("\n");
  return lines
    .map((line) => line.replace(/\r$/, "").split("\r").pop()?.trimEnd() ?? "")
    .filter((line) => line.trim() !== "")
    .slice(-tailLines);
}

const tailLines = 10;
