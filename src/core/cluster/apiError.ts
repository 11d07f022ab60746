import { isRecord, parseJson } from "../json.ts";

/** An answer of the API server that says no. `message` is the server's own sentence. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; for an error inside a watch, the code of its Status object. */
  readonly status: number;
  /** Kubernetes' word for the case, for example `NotFound`, `Conflict`, `Expired`; empty when it gave none. */
  readonly reason: string;
  /** `details` of the Status object: name, kind, causes. */
  readonly details: Readonly<Record<string, unknown>>;
  /** How long the server wants to be left alone (`Retry-After`), in milliseconds; 0 when it did not say. */
  readonly retryAfterMs: number;

  constructor(
    status: number,
    reason: string,
    message: string,
    { details = {}, retryAfterMs = 0 }: Partial<Pick<ApiError, "details" | "retryAfterMs">> = {},
  ) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.details = details;
    this.retryAfterMs = retryAfterMs;
  }
}

/** True for the answer that the object does not exist. */
export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 404;
}

/** True for the answer that the user has not the right. */
export function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 403;
}

/** True for the answer that somebody else has made or changed the object. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 409;
}

/** True for the answer that the resource version asked for is too old, so that one has to list again. */
export function isExpired(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 410 || error.reason === "Expired");
}

/** A request that got no answer in time. */
export class RequestTimeout extends Error {
  override readonly name = "RequestTimeout";
  /** `connect`: no connection was made; `answer`: connected, then silence. */
  readonly phase: "connect" | "answer";
  readonly afterMs: number;

  constructor(phase: "connect" | "answer", afterMs: number) {
    super(`${phase} timed out after ${afterMs} ms`);
    this.phase = phase;
    this.afterMs = afterMs;
  }
}

/** True when nobody has said anything, not even no: the network between us and the server is gone. */
export function isSilence(error: unknown): boolean {
  if (error instanceof RequestTimeout) return true;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["EAI_AGAIN", "ENOTFOUND", "ENETDOWN", "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT"].includes(code);
}

/**
 * Makes the error of an answer with a status of 400 or more from its body, which is a Status object if all is well.
 *
 * @param retryAfter the answer's header of that name, in seconds
 */
export function apiErrorOf(status: number, body: string, retryAfter?: string): ApiError {
  const parsed = parseJson(body);
  const retryAfterMs = Math.max(0, Number(retryAfter) || 0) * 1000;
  if (isRecord(parsed) && parsed["kind"] === "Status") return apiErrorOfStatus(parsed, status, retryAfterMs);
  const text = body.trim().slice(0, 300);
  return new ApiError(status, "", text === "" ? `HTTP status ${status}` : text, { retryAfterMs });
}

/** Makes the error of a Status object, as it comes in an answer or inside a watch. */
export function apiErrorOfStatus(
  status: Readonly<Record<string, unknown>>,
  fallbackCode: number,
  retryAfterMs = 0,
): ApiError {
  const { code, reason, message, details } = status;
  return new ApiError(
    typeof code === "number" ? code : fallbackCode,
    typeof reason === "string" ? reason : "",
    typeof message === "string" && message !== "" ? message : `HTTP status ${fallbackCode}`,
    { details: isRecord(details) ? details : {}, retryAfterMs },
  );
}
