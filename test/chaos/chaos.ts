import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { BuildRun } from "../../src/core/build/run.ts";
import { followBuilder } from "../../src/core/builder/follow.ts";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { buildxBinaries, deleteNamespace, LabBuilders } from "../cluster/labBuilders.ts";
import { labNodes } from "../cluster/nodes.ts";
import { labRegistry, ports } from "../cluster/paths.ts";
import { kubectl } from "../cluster/processes.ts";
import { processesWith } from "../demo/processes.ts";
import { Cable } from "../cable.ts";
import { faults, lostPod, type ChaosFault } from "./faults.ts";
import { heldMiB } from "../memory.ts";
import { oneOf, randomOf } from "../random.ts";
import { ChaosWindow } from "./window.ts";

// `npm run chaos -- [--minutes N] [--seed N] [--buildx NAME] [--replicas N]`: builds on the real cluster, back to back,
// while things go wrong at random moments, the same for the same seed. Prints its figures, and fails when one of them is
// not what it has to be.

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { minutes: text, seed: text, buildx: text, replicas: text } });
const seed = Number(values.seed ?? 1);
const endMs = Date.now() + Number(values.minutes ?? 20) * 60_000;
const buildx = buildxBinaries.find((name) => name === (values.buildx ?? "docker-buildx"));
assert.ok(buildx, `the lab has ${buildxBinaries.join(", ")}`);
/** Of several, nobody knows which one a build is on, nor therefore whether the loss of one is its end. */
const replicas = Number(values.replicas ?? 1);
/** A build that goes on for longer after its fault hangs. */
const patienceMs = replicas > 1 ? 210_000 : 75_000;
const random = randomOf(seed);

const steps = ["RUN true", "RUN for i in 1 2 3; do echo $i; sleep 1; done", "RUN sleep 2 && uname -m > /machine"];
const dockerfile = [`FROM ${labRegistry}/base:1`, ...steps, ""].join("\n");

interface Round {
  readonly fault: string;
  readonly verdict: string;
  readonly afterMs: number;
  readonly problem: string | undefined;
}

const lab = new LabBuilders(buildx);
// Last of all: the window, too, removes what it has made there.
await using _ = { [Symbol.asyncDispose]: async () => lab.dispose() };
await lab.up();
await using cable = await Cable.to(ports.api);
const kubeconfig = lab.kubeconfigBy(cable);
await using window = await ChaosWindow.open();
const wanted = lab.wish("chaos", { cluster: { kubeconfig }, replicas });
const builder = await lab.create(wanted);
const rounds: Round[] = [];
const heapMiB: number[] = [];
try {
  while (Date.now() < endMs) {
    const chosen = oneOf(random, [...faults, "window reloaded"] as const);
    await lab.settled(wanted.namespace, labNodes.length * replicas);
    rounds.push(chosen === "window reloaded" ? await reloadWindow() : await playRound(builder, chosen, rounds.length));
    const { fault, verdict, afterMs, problem } = rounds.at(-1) ?? assert.fail();
    console.log(`${rounds.length}. ${fault}: ${verdict} after ${afterMs} ms${problem ? `  PROBLEM: ${problem}` : ""}`);
    if (rounds.length % 10 === 0) heapMiB.push(heldMiB());
  }
  await lab.settled(wanted.namespace, labNodes.length * replicas);
} finally {
  await lab.remove(await lab.find(wanted.name));
  await deleteNamespace(wanted.namespace);
}
await lab.assertNothingIsLeft(wanted);
const left = processesWith("BUILDX_CONFIG", lab.deps.env["BUILDX_CONFIG"] ?? "").length;
report();

async function playRound(target: Builder, fault: ChaosFault, number: number): Promise<Round> {
  const output = path.join(lab.dir, `out-${number}`);
  const context = `context-${number}`;
  const run = lab.build(target, context, dockerfile, { kind: "folder", path: output });
  const following = followBuilder(target, lab.connections, lab.deps.env, (followed) => run.observe(followed));
  const ended = run.start();
  const watchdog = setInterval(() => console.log("  still beginning:", stallOf(run)), 15_000);
  const beginning = await Promise.race([ended, begun(run), delay(2 * patienceMs, "stuck", { ref: false })]);
  clearInterval(watchdog);
  await Promise.race([ended, delay(random(5_000))]);
  const faultMs = performance.now();
  const wasOver = run.hasEnded;
  const { finished, total } = run.summary().head.steps;
  const isSure = replicas === 1 || fault.what !== lostPod;
  const mayEndWell = finished === total || !isSure ? Infinity : (fault.mayEndWithinMs ?? 0);
  const pod = run.summary().lanes[random(labNodes.length)]?.placement?.pod ?? oneOf(random, await podNames());
  if (!wasOver) await fault.happen({ run, cable, namespace: wanted.namespace, pod, random });
  const isHung =
    beginning === "stuck" ||
    (await Promise.race([ended.then(() => "ended"), delay(patienceMs, "hung", { ref: false })])) === "hung";
  const afterMs = Math.round(performance.now() - faultMs);
  const records = isHung || !fault.keepsPods || replicas > 1 ? undefined : await recordsOf(target, context);
  const isInSpite = !wasOver && fault.verdict !== "done" && run.state === "done" && afterMs > mayEndWell;
  const problem = isHung
    ? "it hangs"
    : isInSpite
      ? "done in spite of it"
      : (problemOf(run, fault, wasOver, output) ?? contradiction(run, records));
  if (isHung) run.cancel();
  await ended;
  following.dispose();
  rmSync(output, { recursive: true, force: true });
  rmSync(path.join(lab.dir, context), { recursive: true });
  return { fault: wasOver ? `${fault.name} (too late)` : fault.name, verdict: verdictOf(run), afterMs, problem };
}

async function reloadWindow(): Promise<Round> {
  const startedMs = performance.now();
  const problem = await window.reloadWhileBuilding(random);
  const afterMs = Math.round(performance.now() - startedMs);
  return { fault: "window reloaded", verdict: problem ? "?" : "canceled, interrupted", afterMs, problem };
}

/** The verdict against what is really there: a build is done exactly when the files of both platforms are. */
function problemOf(run: BuildRun, fault: ChaosFault, wasOver: boolean, output: string): string | undefined {
  const { state, failure } = run.summary().head;
  const machines = labNodes.map(({ architecture }) => path.join(output, `linux_${architecture}`, "machine"));
  const isThere = machines.every((file) => existsSync(file) && readFileSync(file, "utf8").trim() !== "");
  if (state === "done") return isThere ? undefined : "called done, but files are missing";
  if (wasOver) return `ended by itself: ${verdictOf(run)}`;
  if (state !== fault.verdict) return `${state} instead of ${fault.verdict}: ${failure?.what}`;
  const isNamed = fault.what?.test(failure?.what ?? "") ?? true;
  return isNamed ? undefined : `the cause is not named: ${failure?.what} ${failure?.message}`;
}

async function podNames(): Promise<readonly string[]> {
  const { stdout } = await kubectl(
    "get",
    "pods",
    "-n",
    wanted.namespace,
    "--output=jsonpath={.items[*].metadata.name}",
  );
  return stdout.split(" ");
}

/** How the builds of this context ended by BuildKit's own records, one for each platform. */
async function recordsOf(target: Builder, context: string): Promise<readonly string[]> {
  const args = ["history", "ls", "--builder", target.name, "--format", "json"];
  const { stdout } = await lab.deps.cli.run(args);
  const records = stdout.split("\n").filter((line) => line.startsWith("{"));
  return records
    .map((line) => JSON.parse(line) as { readonly name: string; readonly status: string })
    .flatMap(({ name, status }) => (name === context ? [status] : []));
}

/** What BuildKit's records say otherwise. */
function contradiction(run: BuildRun, records: readonly string[] | undefined): string | undefined {
  if (!records) return undefined;
  const { state } = run.summary().head;
  const isCompleted = records.length === labNodes.length && records.every((one) => one === "Completed");
  // One that is cancelled may have been complete for BuildKit a moment before.
  const isSame = state === "canceled" || isCompleted === (state === "done");
  return isSame && !records.includes("Running") ? undefined : `BuildKit's records say: ${records.join(", ")}`;
}

function verdictOf(run: BuildRun): string {
  const { state, failure } = run.summary().head;
  return failure ? `${state}, ${failure.what}` : state;
}

/** What a build is at that takes long to begin. */
function stallOf(run: BuildRun): string {
  const { head, lanes, shared } = run.snapshot();
  const running = shared.filter(({ state }) => state === "running").map(({ name }) => name);
  const pods = lanes.map(({ placement }) => placement?.pod ?? "no pod");
  return [head.waitingFor, ...running, ...pods].filter(Boolean).join(" · ");
}

/** Resolves when the first step runs. */
async function begun(run: BuildRun): Promise<void> {
  await new Promise<void>((resolve) => {
    run.onDidChange(() => {
      const { lanes } = run.summary();
      const isPlaced = replicas > 1 || lanes.every(({ placement }) => placement?.pod !== undefined);
      if (isPlaced && lanes.every(({ startedMs }) => startedMs !== undefined)) resolve();
    });
  });
}

function report(): void {
  console.log(`heap in MiB, every ten builds: ${heapMiB.map((held) => held.toFixed(1)).join(", ")}`);
  const problems = rounds.filter(({ problem }) => problem !== undefined);
  const hung = problems.filter(({ problem }) => problem === "it hangs").length;
  const growthMiB = (heapMiB.at(-1) ?? 0) - (heapMiB[0] ?? 0);
  console.table(
    Object.fromEntries(
      Object.entries(Object.groupBy(rounds, ({ fault }) => fault)).map(([name, own = []]) => [
        name,
        { builds: own.length, "longest ms": Math.max(...own.map(({ afterMs }) => afterMs)) },
      ]),
    ),
  );
  console.log(
    `seed ${seed}, ${buildx}, ${replicas} per architecture: ${rounds.length} builds, ${hung} hung, ${problems.length - hung} wrong verdicts`,
  );
  console.log(`${left} processes left, heap grew by ${growthMiB.toFixed(1)} MiB`);
  process.exitCode = problems.length > 0 || left > 0 || growthMiB > 20 || rounds.length === 0 ? 1 : 0;
}
