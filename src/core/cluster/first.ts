import { UserError } from "../errors.ts";
import type { Disposable } from "../event.ts";
import type { Resource } from "./listWatch.ts";
import { type Watched, watchTrouble } from "./objects.ts";

/**
 * The items of a collection, once they are known.
 *
 * @throws {UserError} when they cannot be listed: forbidden, unreachable
 */
export async function firstOf<T>(resource: Resource<T>): Promise<readonly T[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly T[]>();
  let subscription: Disposable | undefined;
  const look = ({ status, items }: Watched<T>): void => {
    if (status.kind === "live") resolve(items);
    const trouble = watchTrouble(status);
    if (trouble) reject(new UserError(trouble.reason, { remedy: trouble.remedy }));
  };
  try {
    subscription = resource.onDidChange(look);
    look(resource.current);
    return await promise;
  } finally {
    subscription?.dispose();
  }
}
