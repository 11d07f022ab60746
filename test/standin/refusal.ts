import { type Kind, qualifiedName } from "./kinds.ts";
import type { Fields } from "./objects.ts";

/** An answer that says no: thrown anywhere while a request is worked on, sent as a Status object. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** HTTP status. */
  readonly code: number;
  /** Kubernetes' word for the case. */
  readonly reason: string;
  readonly details: Fields | undefined;
  /** Seconds, for the header of that name. */
  readonly retryAfter: number | undefined;

  constructor(code: number, reason: string, message: string, extra: { details?: Fields; retryAfter?: number } = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = extra.details;
    this.retryAfter = extra.retryAfter;
  }

  /** The Status object that is sent. */
  toStatus(): Fields {
    const { code, reason, message, retryAfter } = this;
    const details = retryAfter === undefined ? this.details : { ...this.details, retryAfterSeconds: retryAfter };
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason,
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

export function notFound(kind: Kind, name: string): Refusal {
  return new Refusal(404, "NotFound", `${qualifiedName(kind)} "${name}" not found`, { details: detailsOf(kind, name) });
}

/** For a path that names no resource. */
export function noSuchPath(): Refusal {
  return new Refusal(404, "NotFound", "the server could not find the requested resource", { details: {} });
}

export function alreadyExists(kind: Kind, name: string): Refusal {
  return new Refusal(409, "AlreadyExists", `${qualifiedName(kind)} "${name}" already exists`, {
    details: detailsOf(kind, name),
  });
}

export function conflict(kind: Kind, name: string): Refusal {
  const why = "the object has been modified; please apply your changes to the latest version and try again";
  return new Refusal(409, "Conflict", `Operation cannot be fulfilled on ${qualifiedName(kind)} "${name}": ${why}`, {
    details: detailsOf(kind, name),
  });
}

/** For a watch from a version that is no longer known. */
export function tooOldVersion(wanted: number, oldest: number): Refusal {
  return new Refusal(410, "Expired", `too old resource version: ${wanted} (${oldest})`);
}

/** For the next page of a list that is no longer kept. */
export function expiredContinue(): Refusal {
  const why = "The provided continue parameter is too old to display a consistent list result.";
  return new Refusal(410, "Expired", `${why} You can start a new list without the continue parameter.`);
}

export function unauthorized(): Refusal {
  return new Refusal(401, "Unauthorized", "Unauthorized");
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, "BadRequest", message);
}

/** For an object or a patch that makes no sense. */
export function invalid(message: string): Refusal {
  return new Refusal(422, "Invalid", message);
}

export function detailsOf({ group, plural }: Kind, name: string): Fields {
  return { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind: plural };
}
