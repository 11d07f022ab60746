import { setImmediate } from "node:timers/promises";

let last: Promise<unknown> = Promise.resolve();

/**
 * Resolves in a turn of the event loop that nobody else has got from here: work that takes some milliseconds, and of
 * which there may be several at once, does not add up to one long block.
 */
export async function turn(): Promise<void> {
  const own = last.then(() => setImmediate());
  last = own;
  await own;
}
