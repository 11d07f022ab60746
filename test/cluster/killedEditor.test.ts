import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { execa } from "execa";
import { BuilderUpkeep } from "../../src/core/builder/upkeep.ts";
import { processesWith } from "../demo/processes.ts";
import { gone } from "../unit/buildx/fakeBuildx.ts";
import { labBlockers } from "./blockers.ts";
import { deleteNamespace, LabBuilders, namespaceExists } from "./labBuilders.ts";
import { binDir, labRegistry } from "./paths.ts";
import { kubectl } from "./processes.ts";
import type { ChildWork } from "./workInChild.ts";

const blockers = process.env["CI"] ? [] : labBlockers();

describe("an editor that is killed", { skip: blockers.join("; ") || false, timeout: 300_000 }, () => {
  const lab = new LabBuilders();
  before(() => lab.up());
  after(() => lab.dispose());

  it("leaves no buildx and no step of a build behind", async () => {
    const wanted = lab.wish("killed", { architectures: ["amd64"] });
    const builder = await lab.create(wanted);
    const buildContext = path.join(lab.dir, "killed");
    mkdirSync(buildContext);
    writeFileSync(path.join(buildContext, "Dockerfile"), `FROM ${labRegistry}/base:1\nRUN echo begun && sleep 987\n`);
    const pids = await killAtWork({ kind: "build", builder: builder.name, buildContext });
    assert.equal(pids.length, 1);
    for (const pid of pids) await gone(pid);
    const workload = `deploy/${wanted.name}-amd64`;
    for (;;) {
      const { stdout } = await kubectl("exec", "-n", wanted.namespace, workload, "--", "ps");
      assert.match(stdout, /buildkitd/);
      if (!stdout.includes("sleep 987")) break; // buildx asks BuildKit to stop the step before it ends itself
    }
    await lab.remove(builder);
    await deleteNamespace(wanted.namespace);
  });

  it("leaves a half-made builder, which the next one takes back", async () => {
    const wanted = lab.wish("unfinished", { driverOptions: { nodeselector: "example.com/no-such=label" } });
    const { kubeconfigFolder, connections, env, cli } = lab.deps;
    const pids = await killAtWork({ kind: "create", wish: wanted, kubeconfigFolder });
    assert.equal(pids.length, 1);
    for (const pid of pids) await gone(pid);
    assert.ok(await lab.isInStore(wanted.name));
    const notes: string[] = [];
    const upkeep = new BuilderUpkeep({
      cli: async () => cli,
      env,
      connections,
      kubeconfigFolder,
      onNote: (text) => notes.push(text),
    });
    await upkeep.run();
    upkeep.dispose();
    assert.deepEqual(notes, [`builder ${wanted.name}: half made, is taken back`]);
    await lab.assertNothingIsLeft(wanted);
    assert.equal(await namespaceExists(wanted.namespace), false);
  });

  /** Lets a process work and kills it. @returns the buildx processes it has left */
  async function killAtWork(work: ChildWork): Promise<readonly number[]> {
    const program = path.join(import.meta.dirname, "workInChild.ts");
    const { env } = lab.deps;
    const args = [program, JSON.stringify(work), path.join(binDir, "docker-buildx")];
    const child = execa(process.execPath, args, { env, stderr: "inherit", reject: false });
    await once(child.stdout, "data");
    const own = processesWith("BUILDX_CONFIG", env["BUILDX_CONFIG"] ?? "");
    child.kill("SIGKILL");
    await child;
    return own.flatMap(({ pid, command }) => (command[0]?.endsWith("docker-buildx") ? [pid] : []));
  }
});
