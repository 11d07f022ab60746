/** What every object says about itself. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly generateName?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** An object as it goes over the wire. Never changed in place: a change makes a new one. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

/** Any JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** True for a JSON object, which an array is not. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text, number or truth of that name as a text; empty when there is none. */
export function textIn(fields: unknown, name: string): string {
  const value = isFields(fields) ? fields[name] : undefined;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** The name under which a collection keeps an object. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

/** The object with other metadata. */
export function withMetadata<T extends KubeObject>(object: T, metadata: Partial<Metadata>): T {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

/** The object that has made this one. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** The time as Kubernetes writes it: UTC, whole seconds. */
export function timestamp(timeMs: number = Date.now()): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, "Z");
}
