import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BuildxCli } from "../../../src/core/buildx/cli.ts";
import type { BuildxVersion } from "../../../src/core/buildx/version.ts";

/** The stand-in for docker-buildx; what it can do is written in the file. */
export const fakeBuildxPath = fileURLToPath(new URL("../../fixtures/bin/fake-buildx.cjs", import.meta.url));

/** A buildx that does these acts, whatever it is asked. */
export function fakeBuildx(
  acts: readonly (readonly unknown[])[],
  options: { readonly graceMs?: number; readonly env?: NodeJS.ProcessEnv; readonly version?: BuildxVersion } = {},
): BuildxCli {
  const env = { PATH: process.env["PATH"], ...options.env, FAKE_BUILDX: JSON.stringify(acts) };
  return new BuildxCli([process.execPath, fakeBuildxPath], env, {
    graceMs: options.graceMs,
    ...(options.version && { version: options.version }),
  });
}

/** All values of an iterable. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Resolves when the process is gone; its pipes, by which others learn of its end, close a moment before. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await setImmediate();
}

/** True while the process exists and is no zombie that only waits to be collected by its parent. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
