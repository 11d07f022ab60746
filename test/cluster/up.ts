import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInApi } from "./api.ts";
import { assertLabCanRun } from "./blockers.ts";
import { findCollisions } from "./collisions.ts";
import { apiProcesses, controllerProcesses } from "./controlPlane.ts";
import { packageTasks, systemToolTasks } from "./debian.ts";
import { takeDown } from "./down.ts";
import { goTasks } from "./goBinaries.ts";
import { baseImageLayout, baseImageTag, baseImages, imageTasks, nodeImagesArchive } from "./images.ts";
import { ensureKeys, writeKubeconfigs } from "./keys.ts";
import { LabError } from "./labError.ts";
import { withLock } from "./lock.ts";
import { addBridge, registerEmulator } from "./machine.ts";
import { containerdProcess, kubeletProcess, writeNodeConfig } from "./nodeRuntime.ts";
import { labNodes } from "./nodes.ts";
import type { LabNode } from "./nodes.ts";
import { completionPath, configDir, labBuildkitdConfig, labRegistry, logDir } from "./paths.ts";
import { architecturePolicies, fastProbesPolicies } from "./policies.ts";
import { ctr, runTool, startProcess, succeeds, waitFor } from "./processes.ts";
import { Progress } from "./progress.ts";
import { isRegistryUp, storeImage, registryConfig, registryProcess } from "./registry.ts";
import { labStatus, readNodes } from "./status.ts";
import type { LabStatus } from "./status.ts";

export interface UpOptions {
  /** Probe BuildKit's pods every second. Left out: off in a new lab, as it is in a running one. */
  readonly fastProbes?: boolean;
  readonly progress?: Progress;
}

/**
 * Brings the lab up and returns when it can be used: both nodes Ready, images imported, registry filled. Builds what is
 * missing first; leaves a lab that works as it is; cleans up after one that does not.
 *
 * @throws {LabError} where the lab cannot run, or something ends or takes too long; then nothing is left running.
 */
export async function labUp({ fastProbes, progress = new Progress() }: UpOptions = {}): Promise<LabStatus> {
  assertLabCanRun();
  return withLock("up", progress, async () => {
    const before = await labStatus();
    if (before.state === "up") {
      progress.note("The lab is up already.");
      await setFastProbes(fastProbes ?? before.hasFastProbes);
      return labStatus();
    }
    await takeDown();
    await progress.runAll(systemToolTasks());
    await assertNothingCollides();
    await progress.runAll([...goTasks(), ...packageTasks()]);
    await progress.runAll(imageTasks()); // of the programs, hence after them
    try {
      await bringUp(fastProbes ?? false, progress);
    } catch (error) {
      await takeDown();
      throw error;
    }
    return labStatus();
  });
}

/** Builds what `up` needs, or the named programs only. */
export async function labBuild(names: readonly string[], progress = new Progress()): Promise<void> {
  assertLabCanRun();
  await withLock("build", progress, async () => {
    if (names.length > 0) {
      return progress.runAll(goTasks(names));
    }
    await progress.runAll([...systemToolTasks(), ...goTasks(), ...packageTasks()]);
    return progress.runAll(imageTasks());
  });
}

/** Before the minutes of the first build, and not while a broken lab of our own is in the way. */
async function assertNothingCollides(): Promise<void> {
  const collisions = await findCollisions();
  if (collisions.length > 0) {
    throw new LabError(`The lab cannot start:\n${collisions.map((one) => `  - ${one}`).join("\n")}`);
  }
}

async function bringUp(fastProbes: boolean, progress: Progress): Promise<void> {
  rmSync(logDir, { recursive: true, force: true });
  for (const dir of [logDir, configDir]) {
    mkdirSync(dir, { recursive: true });
  }
  await registerEmulator();
  for (const node of labNodes) {
    await addBridge(node);
  }
  await ensureKeys();
  writeKubeconfigs();
  writeFileSync(labBuildkitdConfig, `[registry."${labRegistry}"]\n  http = true\n`);
  apiProcesses().forEach(startProcess);
  await Promise.all([
    waitFor("API server", 120, () => isInApi("/readyz")),
    ...labNodes.map(startContainerd),
    startRegistry(),
  ]);
  progress.note("API server, containerd and registry answer");
  await apply(architecturePolicies());
  await setFastProbes(fastProbes);
  // Not before the policies: a node would come up with the wrong architecture first.
  [...controllerProcesses(), ...labNodes.map(kubeletProcess)].forEach(startProcess);
  await Promise.all([
    waitFor("nodes", 90, areNodesReady),
    waitFor("default service account", 90, () => isInApi("/api/v1/namespaces/default/serviceaccounts/default")),
    ...labNodes.map(importImages),
  ]);
  writeFileSync(completionPath, "");
  progress.note("nodes Ready");
}

async function startContainerd(node: LabNode): Promise<void> {
  writeNodeConfig(node);
  startProcess(containerdProcess(node));
  await waitFor(`containerd of ${node.name}`, 30, () => succeeds(ctr(node, "version")));
}

async function importImages(node: LabNode): Promise<void> {
  await ctr(node, "images", "import", "--local", nodeImagesArchive(node.architecture));
}

async function startRegistry(): Promise<void> {
  const config = join(configDir, "registry.yml");
  writeFileSync(config, registryConfig());
  for (const image of baseImages) {
    storeImage(baseImageLayout(image), image, baseImageTag);
  }
  startProcess(registryProcess(config));
  await waitFor("registry", 30, isRegistryUp);
}

async function areNodesReady(): Promise<boolean> {
  const nodes = await readNodes();
  return nodes.length === labNodes.length && nodes.every(({ isReady }) => isReady);
}

async function setFastProbes(isOn: boolean): Promise<void> {
  const args = isOn ? ["apply"] : ["delete", "--ignore-not-found"];
  await runTool("kubectl", [...args, "--filename=-"], { input: fastProbesPolicies() });
}

async function apply(manifests: string): Promise<void> {
  await runTool("kubectl", ["apply", "--filename=-"], { input: manifests });
}
