import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { loadKubeconfig, selectContext } from "../../src/core/cluster/kubeconfig.ts";
import { messageOf } from "../../src/core/errors.ts";
import { Progress } from "../cluster/progress.ts";
import { readArguments, usage, type DemoArguments } from "./arguments.ts";
import { demoFault } from "./blockers.ts";
import { cleanUp } from "./cleanUp.ts";
import { endMarked, marker } from "./processes.ts";
import { Stage } from "./stage.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

// A terminal that has been closed must not keep us from cleaning up.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let wanted: DemoArguments;
  try {
    wanted = readArguments(args);
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    return 2;
  }
  if (wanted.isHelp) {
    console.log(usage);
    return 0;
  }
  const fault = demoFault({ hasOwnCluster: wanted.kubeconfig !== undefined }) ?? (await kubeconfigFault(wanted));
  if (fault !== undefined) {
    console.error(fault);
    return 1;
  }
  return supervise(wanted);
}

async function kubeconfigFault({ kubeconfig, context }: DemoArguments): Promise<string | undefined> {
  if (kubeconfig === undefined) return undefined;
  try {
    selectContext(await loadKubeconfig({ path: kubeconfig, env: process.env }), context);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Runs the demo as a child and takes back what it has done, however it ends: by itself, by an error, by a crash, by
 * Ctrl-C in the middle of anything. A process that is ending cannot do that for itself.
 */
async function supervise({ isOnce, kubeconfig, context }: DemoArguments): Promise<number> {
  const stage = new Stage(mkdtempSync(path.join(tmpdir(), "multi-arch-demo-")));
  const progress = new Progress();
  const options = [
    ...(isOnce ? ["--once"] : []),
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : ["--context", context]),
  ];
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "perform.ts"), stage.dir, ...options], {
    env: { ...process.env, [marker]: stage.dir },
    // A group of its own, so that Ctrl-C reaches only us and the order of ending is ours.
    detached: true,
    stdio: ["pipe", "inherit", "inherit"],
  });
  let endedBy: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals): void => {
    // npm passes on a signal that the terminal has sent already; and people press Ctrl-C twice.
    if (endedBy !== undefined) return;
    endedBy = signal;
    progress.note("ending …");
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  };
  for (const signal of signals) process.on(signal, end);
  const [code] = (await once(child, "exit")) as [number | null];
  await endMarked(stage.dir);
  const isClean = await cleanUp(stage, progress);
  if (!isClean) return 1;
  progress.note("Nothing is left behind.");
  // Ctrl-C is how the demo is meant to end.
  if (endedBy !== undefined) return endedBy === "SIGINT" && !isOnce ? 0 : 128 + constants.signals[endedBy];
  return code ?? 1;
}
