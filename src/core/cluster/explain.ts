import { messageOf, UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import { ApiError, RequestTimeout } from "./apiError.ts";
import type { KubeContext } from "./kubeconfig.ts";
import { ProxyError } from "./http/proxy.ts";

/** What was tried when the failure happened; used where the server's answer does not say it. */
export interface Attempt {
  /** For example `list, watch`. */
  readonly verbs: string;
  /** Plural resource name, for example `nodes`. */
  readonly resource: string;
  /** Absent for what has no namespace. */
  readonly namespace?: string;
}

/**
 * Says why a call to the cluster failed, by its true cause: not reached and why, certificate, signed out, forbidden.
 * A {@link UserError} passes through; the caller sorts out cancellation before.
 */
export function explain(error: unknown, context: KubeContext, attempt?: Attempt): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof ApiError) return explainAnswer(error, context, attempt);
  const host = hostOf(context.server);
  const cause = connectionCause(error, host);
  return new UserError(t("Cluster {0} is not reachable: {1}", context.name, cause), {
    action: "refresh",
    cause: error,
  });
}

function explainAnswer(error: ApiError, context: KubeContext, attempt: Attempt | undefined): UserError {
  const options = { cause: error };
  switch (error.status) {
    case 401:
      return new UserError(t("Cluster {0} does not accept the sign-in of user {1}.", context.name, context.user), {
        ...options,
        remedy: t("Sign in again with kubectl, or choose another context."),
        action: "openKubeconfig",
      });
    case 403: {
      const remedy = t("Ask the cluster's administrator for these rights.");
      return new UserError(forbiddenText(error, context, attempt), { ...options, remedy });
    }
    default:
      return new UserError(t("Cluster {0} answered: {1}", context.name, error.message), options);
  }
}

/** The server's sentence: `nodes is forbidden: User "u" cannot list resource "nodes" in API group "" at the cluster scope`. */
const forbiddenPattern = /cannot (\S+) resource "([^"]+)"(?: in API group "[^"]*")?(?: in the namespace "([^"]+)")?/;

function forbiddenText(error: ApiError, context: KubeContext, attempt: Attempt | undefined): string {
  const match = forbiddenPattern.exec(error.message);
  const verb = match?.[1];
  const resource = match?.[2] ?? attempt?.resource;
  const namespace = match?.[3] ?? attempt?.namespace;
  // Quotas and admission plugins answer 403 too; then only their own words tell the cause.
  if (resource === undefined || (error.message !== "" && !match && error.reason === "Forbidden")) {
    return t("Cluster {0} does not allow this: {1}", context.name, error.message);
  }
  const verbs = attempt?.verbs ?? verb ?? "get";
  return namespace === undefined
    ? t("Not allowed to {0} {1} in cluster {2} (needs {3} on {1}).", verb ?? verbs, resource, context.name, verbs)
    : t(
        "Not allowed to {0} {1} in namespace {4} of cluster {2} (needs {3} on {1}).",
        verb ?? verbs,
        resource,
        context.name,
        verbs,
        namespace,
      );
}

function connectionCause(error: unknown, host: string): string {
  if (error instanceof RequestTimeout) {
    const seconds = Math.round(error.afterMs / 1000);
    return error.phase === "connect"
      ? t("{0} does not respond (waited {1} seconds). Is a VPN needed?", host, seconds)
      : t("{0} is connected but has not answered for {1} seconds.", host, seconds);
  }
  if (error instanceof ProxyError) {
    return t("the proxy {0} on the way to {1}: {2}", error.proxy, host, connectionCause(error.cause, error.proxy));
  }
  switch (codeOf(error)) {
    case "ECONNREFUSED":
      return t("nothing listens at {0} (connection refused).", host);
    case "ENOTFOUND":
      return t("the name {0} is not known to DNS.", nameOf(host));
    case "EAI_AGAIN":
      return t("DNS does not answer for the name {0}. Is there a network?", nameOf(host));
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return t("there is no route to {0}. Is a VPN needed?", host);
    case "ETIMEDOUT":
      return t("{0} does not respond.", host);
    case "ECONNRESET":
    case "EPIPE":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return t("{0} has closed the connection.", host);
    case "CERT_HAS_EXPIRED":
      return t("the certificate of {0} has expired.", host);
    case "CERT_NOT_YET_VALID":
      return t("the certificate of {0} is not valid yet; is this machine's clock right?", host);
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return t("the certificate of {0} is made out to another name.", host);
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_SIGNATURE_FAILURE":
      return t(
        "the certificate of {0} is not signed by the kubeconfig's authority, nor by one that the system trusts.",
        host,
      );
    case "EPROTO":
      return t("{0} does not speak TLS as expected: {1}", host, messageOf(error));
    default:
      return error instanceof SyntaxError ? t("{0} gave no valid answer.", host) : messageOf(error);
  }
}

/** The code of a network error; of the last one when several addresses of a host were tried. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors.at(-1));
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).host : server;
}

/** A host without its port. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "");
}
