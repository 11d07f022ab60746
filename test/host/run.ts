// Runs the suite in the floor and in the newest VS Code: `npm run test:host`.
//   VSCODE_HOSTS=desktop|offline|auto   where; auto takes the desktop when this machine can download and show it
//   TEST_RESULT_FILE=FILE               counts for a test runner, as JSON
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildSuite } from "./buildSuite.ts";
import { allHosts, type Host } from "./hosts.ts";
import { choosePlace, type Place, type Where } from "./place.ts";
import { runVersion, type Outcome } from "./runVersion.ts";

const repo = path.resolve(import.meta.dirname, "..", "..");
const { values } = parseArgs({
  options: {
    extension: { type: "string", default: repo },
    suite: { type: "string", default: path.join(import.meta.dirname, "suite") },
    "timeout-seconds": { type: "string", default: "180" },
    artifacts: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

const started = performance.now();
const place = await choosePlace();
if (place.where && place.note) console.log(`Offline hosts: ${place.note}`);
const suite = await buildSuite(path.resolve(values.suite), path.join(repo, "out", "host-suite"));
const outcomes: Outcome[] = [];
for (const host of allHosts()) {
  const outcome = place.where ? await runIn(host, place.where) : couldNotRun(host, place);
  if (outcome.fault || values.verbose) process.stdout.write(outcome.output);
  console.log(`VS Code ${host.version}: ${describe(outcome)}`);
  outcomes.push(outcome);
}
const total = {
  passed: sum("passed"),
  failed: sum("failed"),
  skipped: sum("skipped"),
  seconds: (performance.now() - started) / 1000,
};
console.log(`Suite in VS Code: ${describe(total)}`);
const { TEST_RESULT_FILE } = process.env;
if (TEST_RESULT_FILE) {
  const versions = outcomes.map((outcome) => ({ ...outcome, output: undefined }));
  writeFileSync(TEST_RESULT_FILE, JSON.stringify({ suite: "host", ...total, versions }, undefined, 2));
}
process.exitCode = total.failed > 0 ? 1 : 0;

async function runIn(host: Host, where: Where): Promise<Outcome> {
  const { extension, artifacts } = values;
  return runVersion(host, where, { extension, suite, artifacts, timeoutSeconds: Number(values["timeout-seconds"]) });
}

/** A version that could not be tried counts as one skipped test, or as one failed where it must run. */
function couldNotRun(host: Host, { fault, isFailure }: Extract<Place, { readonly where?: undefined }>): Outcome {
  const counts = isFailure ? { failed: 1, skipped: 0 } : { failed: 0, skipped: 1 };
  return { version: host.version, passed: 0, ...counts, seconds: 0, fault: `could not run: ${fault}`, output: "" };
}

function sum(count: "passed" | "failed" | "skipped"): number {
  return outcomes.reduce((before, outcome) => before + outcome[count], 0);
}

function describe(counts: Pick<Outcome, "passed" | "failed" | "skipped" | "seconds" | "where" | "fault">): string {
  const { passed, failed, skipped, seconds, where, fault } = counts;
  const what = `${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds.toFixed(1)} s`;
  return `${what}${where ? ` (${where})` : ""}${fault ? ` — ${fault}` : ""}`;
}
