import { setTimeout as sleep } from "node:timers/promises";
import type { KubeApi } from "./api.ts";
import { UserError } from "../errors.ts";
import { ApiError, isExpired, isForbidden } from "./apiError.ts";
import { metadataOf } from "./wire.ts";

/** Which objects to wait for. */
export interface Selection {
  /** Collection, for example `/api/v1/namespaces/ns/pods`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Leaves out what the selectors cannot; absent: nothing. Asked again when an object has changed. */
  includes?(object: unknown): boolean;
}

/** A watch that ended at once is not tried again sooner; and so often it is looked where one may not watch. */
const pauseMs = 500;

/**
 * Waits, by watch, until no selected object is left, and says which are on every change; where one may list and not
 * watch, as with the rights that buildx needs, by looking. Throws what the API throws, and the signal's reason.
 */
export async function waitUntilGone(
  api: KubeApi,
  selection: Selection,
  signal: AbortSignal,
  onChange: (names: readonly string[]) => void = () => undefined,
): Promise<void> {
  const { path, labelSelector, fieldSelector } = selection;
  const includes = (object: unknown): boolean => selection.includes?.(object) ?? true;
  const query = { labelSelector, fieldSelector };
  for (;;) {
    let isListed = false;
    try {
      const page = await api.listPage(path, { query, signal });
      const left = new Set(page.items.filter(includes).map((object) => metadataOf(object).name ?? ""));
      onChange([...left]);
      if (left.size === 0) return;
      isListed = true;
      const resourceVersion = page.resourceVersion;
      const events = await api.watch(path, { query: { ...query, resourceVersion, timeoutSeconds: 60 }, signal });
      for await (const { type, object } of events) {
        const { name = "" } = metadataOf(object);
        if (type !== "DELETED" && includes(object)) left.add(name);
        else left.delete(name);
        onChange([...left]);
        if (left.size === 0) break;
      }
    } catch (error) {
      // A connection that breaks, or a server that is away, may be back before the caller's time is over.
      const isFinal = error instanceof UserError || (error instanceof ApiError && error.status < 500);
      const isOnlyTheWatch = isExpired(error) || (isListed && isForbidden(error));
      if (signal.aborted || (isFinal && !isOnlyTheWatch)) throw error;
    }
    // Listed once more in any case, so that the answer is the server's and not our bookkeeping's.
    await sleep(pauseMs, undefined, { signal });
  }
}
