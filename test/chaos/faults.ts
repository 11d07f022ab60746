import { setTimeout as delay } from "node:timers/promises";
import type { BuildRun } from "../../src/core/build/run.ts";
import type { BuildState } from "../../src/core/build/snapshot.ts";
import { isInApi } from "../cluster/api.ts";
import { apiProcesses } from "../cluster/controlPlane.ts";
import { killBuildkitd } from "../cluster/podProcesses.ts";
import { kubectl, restartProcess, waitFor } from "../cluster/processes.ts";
import type { Cable } from "../cable.ts";
import type { Random } from "../random.ts";

/** What a fault can be done to. */
export interface Victim {
  readonly run: BuildRun;
  readonly cable: Cable;
  readonly namespace: string;
  /** A pod that the build is on. */
  readonly pod: string;
  readonly random: Random;
}

/** Something that goes wrong in the middle of a build. */
export interface ChaosFault {
  readonly name: string;
  /** Does it, and mends it where that is not for others to do. */
  readonly happen: (victim: Victim) => Promise<void>;
  /** How a build may end by it; one that was over before is `done` in any case. */
  readonly verdict: BuildState;
  /** What a failure has to say. */
  readonly what?: RegExp;
  /** How long what it hits may go on, and so end well; absent: not at all, unless all steps had ended before. */
  readonly mayEndWithinMs?: number;
  /** True when the pods live on, and with them BuildKit's own records of the build. */
  readonly keepsPods?: true;
}

/** What a build says whose pod is lost. */
export const lostPod = /^(?:The builder pod \S+ (?:was deleted|has ended)|BuildKit in the builder pod \S+ has ended)/;
const lostConnection = /^The connection to the builder was lost\.|^The builder could not be (?:reached|started)\./;

export const faults: readonly ChaosFault[] = [
  { name: "nothing", happen: async () => undefined, verdict: "done", keepsPods: true },
  { name: "cancel", happen: async ({ run }) => run.cancel(), verdict: "canceled", keepsPods: true },
  {
    name: "pod deleted",
    happen: async ({ pod, namespace }) => {
      await kubectl("delete", "pod", pod, "-n", namespace, "--wait=false");
    },
    verdict: "failed",
    what: lostPod,
    mayEndWithinMs: 6_000,
  },
  {
    name: "pod deleted at once",
    happen: async ({ pod, namespace }) => {
      await kubectl("delete", "pod", pod, "-n", namespace, "--force", "--grace-period=0");
    },
    verdict: "failed",
    what: lostPod,
    mayEndWithinMs: 3_000,
  },
  {
    name: "BuildKit killed",
    happen: async ({ pod, namespace }) => killBuildkitd(pod, namespace),
    verdict: "failed",
    what: lostPod,
  },
  {
    name: "API server restarted",
    happen: async () => {
      const [, apiServer] = apiProcesses();
      if (!apiServer) throw new Error("The lab has no API server.");
      await restartProcess(apiServer);
      await waitFor("the API server is back", 60, () => isInApi("/api/v1/namespaces/default"));
    },
    verdict: "failed",
    what: lostConnection,
    keepsPods: true,
  },
  {
    name: "network cut",
    happen: async ({ cable, random }) => {
      cable.cut();
      await delay(500 + random(3_000));
      cable.mend();
    },
    verdict: "failed",
    what: lostConnection,
    keepsPods: true,
  },
  {
    name: "network silent for a while",
    happen: async ({ cable, random }) => {
      cable.die();
      await delay(1_000 + random(18_000));
      cable.mend();
    },
    verdict: "done",
    keepsPods: true,
  },
  {
    name: "network silent for good",
    happen: async ({ cable, run }) => {
      cable.die();
      await Promise.race([run.ended, delay(65_000, undefined, { ref: false })]);
      cable.mend();
    },
    verdict: "failed",
    what: lostConnection,
  },
];
