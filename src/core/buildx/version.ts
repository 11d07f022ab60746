import semver from "semver";
import { t } from "../l10n.ts";

/** The version of a buildx binary. */
export interface BuildxVersion {
  /** As buildx prints it, for example `v0.38.2` or `0.29.1+ds1`. */
  readonly text: string;
  /** The release it is or stems from, `0.38.2`; absent for a development build that names none. */
  readonly release: string | undefined;
}

/** The oldest buildx this extension works with: the first with all output formats it reads. */
export const oldestSupportedBuildx = "0.13.0";

/** The oldest buildx that does not hang when a pod dies. */
export const recommendedBuildx = "0.36.0";

/** Of a buildx that nobody has asked. */
export const unknownVersion: BuildxVersion = { text: "", release: undefined };

/**
 * Reads the output of `buildx version`: `github.com/docker/buildx v0.38.2 REVISION`.
 *
 * @returns undefined when the text is not from buildx
 */
export function parseBuildxVersion(output: string): BuildxVersion | undefined {
  const text = /^github\.com\/docker\/buildx\s+(v?\d\S*)/m.exec(output)?.[1];
  if (text === undefined) return undefined;
  const release = semver.coerce(text)?.version;
  return { text, release: release === "0.0.0" ? undefined : release };
}

/** True when the version is that release or newer. A development build that names no release counts as new. */
export function isAtLeast(version: BuildxVersion, release: string): boolean {
  return version.release === undefined || semver.gte(version.release, release);
}

/** True when it sends no builds to pods that are being deleted. */
export function avoidsTerminatingPods(version: BuildxVersion): boolean {
  return isAtLeast(version, "0.37.0");
}

/** True when it ends when the pod is gone that it builds on; else it hangs. */
export function noticesLoss(version: BuildxVersion): boolean {
  return isAtLeast(version, recommendedBuildx);
}

/** Why this buildx must not push images that several builder nodes have built, as a sentence; undefined when it may. */
export function multiNodePushProblem(version: BuildxVersion): string | undefined {
  // Only the first node pushes by digest there, the others push the tag itself (`build/build.go`).
  if (version.release !== "0.37.0") return undefined;
  return t(
    "buildx {0} pushes images of several platforms wrongly: the tag may lead to one of them only.",
    version.text,
  );
}
