import { isRecord } from "../json.ts";

/**
 * One message of BuildKit's progress stream, as `--progress=rawjson` writes it: one JSON object per line on stderr.
 * Wire names and types are those of https://github.com/moby/buildkit/blob/v0.34.2/client/graph.go (`SolveStatus`);
 * the writer is `rawJSONDisplay` in util/progress/progressui/display.go. Times are RFC 3339, see {@link parseTime}.
 */
export interface SolveStatus {
  readonly vertexes: readonly WireVertex[];
  readonly statuses: readonly WireStatus[];
  readonly logs: readonly WireLog[];
}

/** `client.Vertex`. Sent as a whole on every change; what is absent is not so yet. */
export interface WireVertex {
  readonly digest: string;
  /** Digests of the vertices this one needs. Absent in repeated events of a source. */
  readonly inputs?: readonly string[];
  readonly name?: string;
  readonly started?: string;
  readonly completed?: string;
  readonly cached?: boolean;
  readonly error?: string;
  readonly progressGroup?: WireProgressGroup;
}

/** `pb.ProgressGroup` of solver/pb/ops.proto: vertices that are shown as one step. */
export interface WireProgressGroup {
  readonly id?: string;
  readonly name?: string;
  readonly weak?: boolean;
}

/** `client.VertexStatus`: sub-progress of a vertex. */
export interface WireStatus {
  /** Text for people; the key within its vertex. */
  readonly id: string;
  readonly vertex: string;
  readonly name?: string;
  readonly current?: number;
  readonly total?: number;
  readonly timestamp?: string;
  readonly completed?: string;
}

/** `client.VertexLog`: a piece of a step's output, cut anywhere. */
export interface WireLog {
  readonly vertex: string;
  /** 1 is stdout, 2 is stderr. */
  readonly stream?: number;
  /** Bytes in base64. */
  readonly data: string;
  readonly timestamp?: string;
}

/**
 * Reads one line of buildx's stderr: a progress message, or the line itself when it is plain text. Never throws;
 * entries that are not of the wire's types are left out.
 */
export function parseProgressLine(line: string): SolveStatus | string {
  if (!line.startsWith("{")) return line;
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return line; // plain text that happens to begin with a brace, or a line cut by the end of the process
  }
  if (!isRecord(message)) return line;
  const { vertexes, statuses, logs } = message;
  const isProgress = vertexes !== undefined || statuses !== undefined || logs !== undefined || "warnings" in message;
  if (!isProgress && line !== "{}") return line; // somebody else's JSON, a credential helper's for example
  return {
    vertexes: vertexes === undefined ? none : entries(vertexes, isVertex),
    statuses: statuses === undefined ? none : entries(statuses, isStatus),
    logs: logs === undefined ? none : entries(logs, isLog),
  };
}

/**
 * A time of the wire in epoch milliseconds with its fraction (Go's RFC3339Nano: any offset, 0 to 9 digits).
 * Undefined when there is none or the text is no time.
 */
export function parseTime(text: string | undefined): number | undefined {
  const match = text === undefined ? null : timePattern.exec(text);
  if (!match) return undefined;
  const seconds = Date.parse(`${match[1]}${match[3]}`);
  return Number.isNaN(seconds) ? undefined : seconds + Number(`0.${match[2] ?? "0"}`) * 1000;
}

const timePattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

const none: readonly never[] = [];

function entries<T>(value: unknown, isEntry: (entry: unknown) => entry is T): readonly T[] {
  if (!Array.isArray(value)) return none;
  const all: readonly unknown[] = value;
  return all.every(isEntry) ? all : all.filter(isEntry);
}

function isVertex(value: unknown): value is WireVertex {
  if (!isRecord(value)) return false;
  const { digest, name, started, completed, cached, error, inputs, progressGroup } = value;
  return (
    typeof digest === "string" &&
    (name === undefined || typeof name === "string") &&
    (started === undefined || typeof started === "string") &&
    (completed === undefined || typeof completed === "string") &&
    (cached === undefined || typeof cached === "boolean") &&
    (error === undefined || typeof error === "string") &&
    (inputs === undefined || isStrings(inputs)) &&
    (progressGroup === undefined || isProgressGroup(progressGroup))
  );
}

function isProgressGroup(value: unknown): value is WireProgressGroup {
  if (!isRecord(value)) return false;
  const { id, name, weak } = value;
  return (
    (id === undefined || typeof id === "string") &&
    (name === undefined || typeof name === "string") &&
    (weak === undefined || typeof weak === "boolean")
  );
}

function isStatus(value: unknown): value is WireStatus {
  if (!isRecord(value)) return false;
  const { id, vertex, name, current, total, timestamp, completed } = value;
  return (
    typeof id === "string" &&
    typeof vertex === "string" &&
    (name === undefined || typeof name === "string") &&
    (current === undefined || typeof current === "number") &&
    (total === undefined || typeof total === "number") &&
    (timestamp === undefined || typeof timestamp === "string") &&
    (completed === undefined || typeof completed === "string")
  );
}

function isLog(value: unknown): value is WireLog {
  if (!isRecord(value)) return false;
  const { vertex, stream, data, timestamp } = value;
  return (
    typeof vertex === "string" &&
    typeof data === "string" &&
    (stream === undefined || typeof stream === "number") &&
    (timestamp === undefined || typeof timestamp === "string")
  );
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
