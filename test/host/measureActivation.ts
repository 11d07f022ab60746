// Activation time of a packaged extension, beside that of an empty one:
//   node test/host/measureActivation.ts FILE.vsix [--runs=5] [--host=newest|floor|VERSION]
import path from "node:path";
import { parseArgs } from "node:util";
import {
  activateOnce,
  buildProbe,
  installForRuns,
  makeEmptyExtension,
  type InstalledExtension,
} from "./activateOnce.ts";
import type { ActivationRun } from "./activationProbe.ts";
import { findHost, type Host } from "./hosts.ts";
import { installHosts } from "./install.ts";
import { isMain } from "./isMain.ts";
import { scratchDir } from "./owned.ts";
import { showProgress } from "./progress.ts";

export interface MeasureOptions {
  readonly vsix: string;
  /** How often each of the two is activated; 5 unless given. */
  readonly runs?: number;
  readonly host?: Host;
}

/** All runs of one extension. */
export interface Activation {
  readonly id: string;
  readonly version: string;
  readonly medianMs: number;
  readonly allMs: readonly number[];
  readonly medianMemoryMiB: number;
  /** How fast the machine was: the time of a fixed piece of work. */
  readonly medianCalibrationMs: number;
  /** Whether a run found it active already: then the times mean nothing. */
  readonly wasActive: boolean;
}

export interface ActivationReport {
  readonly vscode: string;
  readonly runs: number;
  readonly extension: Activation;
  readonly empty: Activation;
}

/**
 * Activates the extension and an empty one in turn, each time in a fresh VS Code whose extension host has come
 * to rest. In turn, so that a change of the machine's load meets both alike.
 */
export async function measureActivation(options: MeasureOptions): Promise<ActivationReport> {
  const { vsix, runs = 5, host = findHost() } = options;
  await installHosts([host]);
  const scratch = scratchDir("multiarch-activation-");
  try {
    const probe = await buildProbe(path.join(scratch.path, "probe"));
    const extension = await installForRuns(host, vsix, path.join(scratch.path, "extension"));
    const empty = makeEmptyExtension(path.join(scratch.path, "empty"));
    const extensionRuns: ActivationRun[] = [];
    const emptyRuns: ActivationRun[] = [];
    for (let turn = 1; turn <= runs; turn++) {
      extensionRuns.push(await activateAloud(host, extension, probe, `${turn} of ${runs}`));
      emptyRuns.push(await activateAloud(host, empty, probe, `${turn} of ${runs}`));
    }
    return {
      vscode: host.version,
      runs,
      extension: summarise(extension.id, extensionRuns),
      empty: summarise(empty.id, emptyRuns),
    };
  } finally {
    scratch.remove();
  }
}

async function activateAloud(
  host: Host,
  extension: InstalledExtension,
  probe: string,
  turn: string,
): Promise<ActivationRun> {
  const progress = showProgress(`${extension.id}, ${turn}`);
  const run = await activateOnce(host, extension, probe);
  progress.done(`${run.activateMs.toFixed(1)} ms`);
  return run;
}

function summarise(id: string, runs: readonly ActivationRun[]): Activation {
  return {
    id,
    version: runs[0]?.version ?? "",
    medianMs: median(runs.map(({ activateMs }) => activateMs)),
    allMs: runs.map(({ activateMs }) => round(activateMs)),
    medianMemoryMiB: median(runs.map(({ memoryMiB }) => memoryMiB)),
    medianCalibrationMs: median(runs.map(({ calibrationMs }) => calibrationMs)),
    wasActive: runs.some(({ wasActive }) => wasActive),
  };
}

/** The middle value; of an even number, the lower of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return round(sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN);
}

const round = (value: number) => Math.round(value * 10) / 10;

if (isMain(import.meta)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runs: { type: "string", default: "5" }, host: { type: "string", default: "newest" } },
  });
  const [vsix] = positionals;
  if (!vsix) throw new Error("Which VSIX? node test/host/measureActivation.ts FILE.vsix");
  const report = await measureActivation({ vsix, runs: Number(values.runs), host: findHost(values.host) });
  console.log(JSON.stringify(report, undefined, 2));
}
