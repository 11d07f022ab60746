// Runs in the extension host in place of a suite: times the activation of one extension, from inside.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import * as vscode from "vscode";

/** What one activation took. */
export interface ActivationRun {
  readonly version: string;
  readonly vscode: string;
  readonly activateMs: number;
  /** A fixed piece of work: how fast the machine was at that time. */
  readonly calibrationMs: number;
  readonly memoryMiB: number;
  /** An extension that activates itself at the start is already active, and its time means nothing. */
  readonly wasActive: boolean;
}

/** Measures the extension named by ACTIVATION_ID and writes the run to the file named by ACTIVATION_RESULT. */
export async function run(): Promise<void> {
  const { ACTIVATION_ID = "", ACTIVATION_RESULT = "" } = process.env;
  const extension = vscode.extensions.getExtension(ACTIVATION_ID);
  if (!extension) throw new Error(`Not installed: ${ACTIVATION_ID}`);
  await calm();
  const calibrationMs = calibrate();
  const wasActive = extension.isActive;
  const memory = process.memoryUsage.rss();
  const started = performance.now();
  await extension.activate();
  const activateMs = performance.now() - started;
  const memoryMiB = (process.memoryUsage.rss() - memory) / 2 ** 20;
  const { version } = extension.packageJSON as { readonly version: string };
  const result: ActivationRun = { version, vscode: vscode.version, activateMs, calibrationMs, memoryMiB, wasActive };
  writeFileSync(ACTIVATION_RESULT, JSON.stringify(result));
}

/** Resolves when the host has had nothing to do for a second: then no timer comes late. */
async function calm(): Promise<void> {
  const limit = performance.now() + 20_000;
  for (let onTime = 0; onTime < 20 && performance.now() < limit;) {
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    onTime = performance.now() - before < 60 ? onTime + 1 : 0;
  }
}

function calibrate(): number {
  const started = performance.now();
  const block = Buffer.alloc(2 ** 20);
  for (let round = 0; round < 32; round++) createHash("sha256").update(block).digest();
  return performance.now() - started;
}
