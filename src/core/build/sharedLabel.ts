import { t } from "../l10n.ts";

/** One or two words for work outside of the Dockerfile's steps, for example `context` or `export`. */
export function sharedLabel(fullName: string): string {
  const label = labels.find(([pattern]) => pattern.test(fullName))?.[1];
  return label?.() ?? fullName.replace(/^\[[^\]]*\] /, "");
}

/** What a build waits for while this work goes on (`waiting for …`), where that is worth a word: it may take long. */
export function waitingText(fullName: string): string | undefined {
  return waits.find(([pattern]) => pattern.test(fullName))?.[1]();
}

const labels: readonly (readonly [RegExp, () => string])[] = [
  [/internal\] load build definition/, () => t("definition")],
  [/\] load \.dockerignore/, () => t("dockerignore")],
  [/internal\] load (?:build context|git source|remote build context)/, () => t("context")],
  [/\] load metadata for /, () => t("metadata")],
  [/^\[context /, () => t("context")],
  [/internal\] booting buildkit/, () => t("boot")],
  [/internal\] waiting for connection/, () => t("connection")],
  [/internal\] preparing inline document/, () => t("inline file")],
  [/internal\] setting cache mount permissions/, () => t("cache mount")],
  [/^\[auth\] /, () => t("auth")],
  [/importing cache manifest from /, () => t("cache import")],
  [/exporting (?:cache to |inline cache|content cache)/, () => t("cache export")],
  [/exporting to /, () => t("export")],
  [/^merging manifest list /, () => t("merge")],
  [/importing to docker/, () => t("load")],
  [/^pushing /, () => t("push")],
  [/resolving provenance/, () => t("provenance")],
  [/generating sbom/, () => t("SBOM")],
  [/resolve image config for |^docker-image:\/\//, () => t("frontend")],
  [/loading policies /, () => t("policy")],
  [/Verifying build result/, () => t("check")],
];

const waits: readonly (readonly [RegExp, () => string])[] = [
  [/internal\] booting buildkit/, () => t("waiting for the builder's pods")],
  [/internal\] waiting for connection/, () => t("waiting for the connection to the builder")],
  [/^\[auth\] /, () => t("waiting for the registry's permission")],
  [/\] load metadata for /, () => t("waiting for the base image's metadata")],
  [/resolve image config for |^docker-image:\/\//, () => t("waiting for the Dockerfile frontend")],
  [/internal\] load build context/, () => t("waiting for the build context's upload")],
];
