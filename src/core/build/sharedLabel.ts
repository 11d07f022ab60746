import { t } from "../l10n.ts";

/** One or two words for work outside of the Dockerfile's steps, for example `context` or `export`. */
export function sharedLabel(fullName: string): string {
  return kindOf(fullName)?.label() ?? fullName.replace(/^\[[^\]]*\] /, "");
}

/** What a build waits for while this work goes on (`waiting for …`); undefined for work that never takes long. */
export function waitingText(fullName: string): string | undefined {
  return kindOf(fullName)?.waiting?.();
}

/** True for what buildx does to start the builder and to reach it. */
export function isBoot(fullName: string): boolean {
  return /internal\] (?:booting buildkit|waiting for connection)/.test(fullName);
}

/** What its failure means, as a sentence; undefined where the label says it all. */
export function sharedFailure(fullName: string): string | undefined {
  return kindOf(fullName)?.failure?.();
}

interface SharedKind {
  readonly pattern: RegExp;
  readonly label: () => string;
  readonly waiting?: () => string;
  readonly failure?: () => string;
}

function kindOf(fullName: string): SharedKind | undefined {
  return kinds.find(({ pattern }) => pattern.test(fullName));
}

const kinds: readonly SharedKind[] = [
  { pattern: /internal\] load build definition/, label: () => t("definition") },
  { pattern: /\] load \.dockerignore/, label: () => t("dockerignore") },
  {
    pattern: /internal\] load (?:build context|git source|remote build context)/,
    label: () => t("context"),
    waiting: () => t("waiting for the build context's upload"),
    failure: () => t("The build context could not be sent."),
  },
  {
    pattern: /\] load metadata for /,
    label: () => t("metadata"),
    waiting: () => t("waiting for the base image's metadata"),
    failure: () => t("A base image could not be found."),
  },
  { pattern: /^\[context /, label: () => t("context") },
  {
    pattern: /internal\] booting buildkit/,
    label: () => t("boot"),
    waiting: () => t("waiting for the builder's pods"),
    failure: () => t("The builder could not be started."),
  },
  {
    pattern: /internal\] waiting for connection/,
    label: () => t("connection"),
    waiting: () => t("waiting for the connection to the builder"),
    failure: () => t("The builder could not be reached."),
  },
  { pattern: /internal\] preparing inline document/, label: () => t("inline file") },
  { pattern: /internal\] setting cache mount permissions/, label: () => t("cache mount") },
  {
    pattern: /^\[auth\] /,
    label: () => t("auth"),
    waiting: () => t("waiting for the registry's permission"),
    failure: () => t("The registry has not let us in."),
  },
  { pattern: /importing cache manifest from /, label: () => t("cache import") },
  { pattern: /exporting (?:cache to |inline cache|content cache)/, label: () => t("cache export") },
  { pattern: /exporting to /, label: () => t("export"), failure: () => t("The result could not be exported.") },
  {
    pattern: /^merging manifest list /,
    label: () => t("merge"),
    failure: () => t("The platforms' images could not be joined to one."),
  },
  { pattern: /importing to docker/, label: () => t("load") },
  { pattern: /^pushing /, label: () => t("push"), failure: () => t("The image could not be pushed.") },
  { pattern: /resolving provenance/, label: () => t("provenance") },
  { pattern: /generating sbom/, label: () => t("SBOM") },
  {
    pattern: /resolve image config for |^docker-image:\/\//,
    label: () => t("frontend"),
    waiting: () => t("waiting for the Dockerfile frontend"),
    failure: () => t("The Dockerfile frontend could not be loaded."),
  },
  { pattern: /loading policies /, label: () => t("policy") },
  { pattern: /Verifying build result/, label: () => t("check") },
];
