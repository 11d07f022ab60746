import { labBlockers } from "../cluster/blockers.ts";
import { labDown } from "../cluster/down.ts";
import { labStatus } from "../cluster/status.ts";
import { labUp } from "../cluster/up.ts";
import { check, nodeTests, program, type Counts, type Suite } from "./suites.ts";

// `npm test [NAME…]`: all suites, or those whose names begin so. Ends with one line that counts all tests.

const quick: readonly Suite[] = [
  check("types of src", "tsc", "-p", "tsconfig.json"),
  check("types of media", "tsc", "-p", "media/tsconfig.json"),
  check("types of test", "tsc", "-p", "test/tsconfig.json"),
  check("lint", "npm", "run", "-s", "lint"),
  nodeTests("unit", "test/unit/**/*.test.ts", { timeoutMs: 120_000 }),
  check("package", "npm", "run", "-s", "package"),
];
const inEditor: readonly Suite[] = [
  program("host", "test/host/run.ts"),
  nodeTests("panel", "test/preview/**/*.test.ts", { timeoutMs: 300_000 }),
];
const onCluster: readonly Suite[] = [
  nodeTests("standin", "test/standin/**/*.test.ts", { timeoutMs: 300_000, atOnce: 1 }),
  // Most of the time these wait for pods.
  nodeTests("cluster", "test/cluster/*.test.ts", { timeoutMs: 900_000, atOnce: 4 }),
  // These take nodes away, or the API server.
  nodeTests("cluster alone", "test/cluster/alone/*.test.ts", { timeoutMs: 900_000, atOnce: 1 }),
  nodeTests("e2e", "test/e2e/**/*.test.ts", { timeoutMs: 900_000, atOnce: 1 }),
];

const wanted = process.argv.slice(2);
const isWanted = ({ name }: Suite): boolean => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix));
const results: (Counts & { readonly name: string; readonly seconds: number })[] = [];

async function runAll(suites: readonly Suite[]): Promise<void> {
  for (const suite of suites.filter(isWanted)) {
    console.log(`\n── ${suite.name}`);
    const startedMs = performance.now();
    const counts = await suite.run();
    results.push({ name: suite.name, ...counts, seconds: (performance.now() - startedMs) / 1000 });
  }
}

/** What needs the cluster runs on one of its own; where there can be none, that is a failure in CI and said elsewhere. */
async function runOnCluster(): Promise<void> {
  const suites = onCluster.filter(isWanted);
  if (suites.length === 0) return;
  const blockers = labBlockers();
  if (blockers.length > 0) {
    console.error(`The cluster tests cannot run here:\n${blockers.join("\n")}`);
    const missed = process.env["CI"] === "true" ? { failed: 1, skipped: 0 } : { failed: 0, skipped: 1 };
    for (const { name } of suites) results.push({ name, passed: 0, ...missed, seconds: 0 });
    return;
  }
  const wasUp = (await labStatus()).state === "up";
  try {
    await labUp();
    await runAll(suites);
  } finally {
    if (!wasUp) await labDown();
  }
}

await runAll(quick);
await runAll(inEditor);
await runOnCluster();

console.log("");
for (const { name, passed, failed, skipped, seconds } of results)
  console.log(
    `${failed > 0 ? "✖" : "✔"} ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds.toFixed(1)} s`,
  );
const sum = (count: (one: Counts) => number): number => results.reduce((total, one) => total + count(one), 0);
const failed = sum((one) => one.failed);
console.log(`${sum((one) => one.passed)} passed, ${failed} failed, ${sum((one) => one.skipped)} skipped`);
process.exitCode = failed > 0 || results.length === 0 ? 1 : 0;
