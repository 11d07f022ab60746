import { UserError } from "../errors.ts";
import type { Disposable } from "../event.ts";
import type { Resource } from "./listWatch.ts";
import { type Watched, watchTrouble } from "./objects.ts";

/** The user may not list something, but may perhaps do the rest. */
export class NotAllowed extends UserError {}

/**
 * The items of a collection, once they are known.
 *
 * @throws {NotAllowed} when the user may not list them; another {UserError} when they cannot be listed otherwise
 */
export async function firstOf<T>(resource: Resource<T>): Promise<readonly T[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly T[]>();
  let subscription: Disposable | undefined;
  const look = ({ status, items }: Watched<T>): void => {
    if (status.kind === "live") resolve(items);
    const trouble = status.kind === "loading" ? undefined : watchTrouble(status);
    const Kind = status.kind === "failed" && status.isForbidden ? NotAllowed : UserError;
    if (trouble) reject(new Kind(trouble.reason, { remedy: trouble.remedy, action: trouble.action }));
  };
  try {
    subscription = resource.onDidChange(look);
    look(resource.current);
    return await promise;
  } finally {
    subscription?.dispose();
  }
}
