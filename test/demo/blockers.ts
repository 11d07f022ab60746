import { labBlockers } from "../cluster/blockers.ts";
import { chromiumHelp, findChromium } from "../host/chromium.ts";

/** Why the demo cannot run on this machine, and what to do instead; undefined where it can. Looks only, changes nothing. */
export function demoFault({ hasOwnCluster }: { readonly hasOwnCluster: boolean }): string | undefined {
  const cluster = hasOwnCluster ? [] : labBlockers();
  if (cluster.length > 0)
    return [
      "The local cluster cannot run on this machine:",
      ...cluster.map((blocker) => `  - ${blocker}`),
      "There are two ways out:",
      "  - a cluster of your own:  npm run demo -- --kubeconfig FILE [--context NAME]",
      "  - kind with Docker, with a worker for each architecture (kind create cluster), and its kubeconfig in the same way.",
    ].join("\n");
  if (process.platform !== "linux" || process.arch !== "x64")
    return [
      `The VS Code of the demo runs on Linux on x86-64 only, and this is ${process.platform} on ${process.arch}.`,
      "Use your own instead: npm run package, then install out/multi-arch-builds.vsix in it.",
    ].join("\n");
  if (!findChromium() && process.getuid?.() !== 0) return `The demo needs a browser. ${chromiumHelp}`;
  return undefined;
}
