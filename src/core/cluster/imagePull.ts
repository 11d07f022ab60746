import { t } from "../l10n.ts";

/** What the messages of container runtimes have in common, and what people call it. First match wins. */
const causes: readonly (readonly [pattern: RegExp, words: () => string])[] = [
  [/no matching manifest|no match for platform/i, () => t("it does not exist for this architecture")],
  [/toomanyrequests|too many requests|pull rate limit/i, () => t("the registry's pull limit is reached")],
  [/unauthorized|no basic auth|authentication required|authorization failed/i, () => t("the registry asks to sign in")],
  [/denied|forbidden/i, () => t("the registry denies access, or there is no such repository")],
  [/no such host/i, () => t("the registry's name is not known to DNS")],
  [/server misbehaving|lookup \S+ on \S+: /i, () => t("DNS does not answer for the registry's name")],
  [/server gave HTTP response to HTTPS client/i, () => t("the registry speaks plain HTTP")],
  [/x509|certificate/i, () => t("the node does not trust the registry's certificate")],
  [/connection refused/i, () => t("nothing listens at the registry's address")],
  [/i\/o timeout|deadline exceeded|no route to host|network is unreachable/i, () => t("the registry is not reachable")],
  [/no space left/i, () => t("the node's disk is full")],
  [/not found|manifest unknown|name unknown/i, () => t("the registry does not have it")],
];

/** Says in a few words why an image could not be pulled, from the reason and message of the waiting container. */
export function imagePullCause(reason: string, message: string): string {
  if (reason === "InvalidImageName") return t("this is not a valid image name");
  if (reason === "ErrImageNeverPull") return t("the node does not have it, and its pull policy is Never");
  const known = causes.find(([pattern]) => pattern.test(message));
  return known ? known[1]() : lastPart(message) || reason;
}

/** Errors are wrapped from the outside in, so the innermost is last: `failed to …: failed to …: 500 Internal Server Error`. */
function lastPart(message: string): string {
  return message.split(": ").at(-1)?.trim() ?? "";
}
