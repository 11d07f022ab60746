/**
 * The parts of Kubernetes objects that are read here, as they come over the wire: times are strings, and anything may
 * be missing or null.
 */
export interface WireMetadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly annotations?: Readonly<Record<string, string>> | null;
  readonly creationTimestamp?: string | null;
  readonly deletionTimestamp?: string | null;
  readonly deletionGracePeriodSeconds?: number | null;
}

/** A condition of a node, a pod or a workload. */
export interface WireCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
}

/** The metadata of any object; empty when it has none. */
export function metadataOf(object: unknown): WireMetadata {
  return (object as { readonly metadata?: WireMetadata | null } | null)?.metadata ?? {};
}

/** Epoch milliseconds of an RFC 3339 time; undefined for none. */
export function timeOf(text: string | null | undefined): number | undefined {
  const timeMs = Date.parse(text ?? "");
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
