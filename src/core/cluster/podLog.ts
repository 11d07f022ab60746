import type { KubeApi } from "./api.ts";
import type { Pod } from "./objects.ts";
import { objectPath } from "./paths.ts";
import { buildKitContainer } from "./wireWorkload.ts";

/**
 * What BuildKit in this pod said last, before it was started again if it was: the last line of its log that speaks of
 * trouble, else the very last. Undefined where there is none, or it may not be read.
 */
export async function lastWords(api: KubeApi, pod: Pod, signal: AbortSignal): Promise<string | undefined> {
  const path = `${objectPath("pods", pod.namespace, pod.name)}/log`;
  for (const previous of pod.restarts > 0 ? [true, false] : [false]) {
    const query = { container: buildKitContainer, tailLines: 40, previous: previous || undefined };
    try {
      const lines = (await api.readText(path, { query, signal })).split("\n").filter((line) => line.trim() !== "");
      // The kubelet's own words, with a good status: the container has been removed meanwhile.
      if (lines[0]?.startsWith("unable to retrieve container logs")) continue;
      const telling = lines.findLast((line) => troublePattern.test(line)) ?? lines.at(-1);
      if (telling !== undefined) return telling.trim().slice(0, longestLine);
    } catch {
      signal.throwIfAborted();
      // Not allowed, or there is no such log: then the exit code must do.
    }
  }
  return undefined;
}

/** A Go program prints its stack behind what has happened. */
const troublePattern = /error|fatal|panic|cannot|failed|denied|no such|not found|unrecognized|invalid|unknown/i;
const longestLine = 300;
