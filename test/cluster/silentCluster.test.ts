import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { followBuilder } from "../../src/core/builder/follow.ts";
import { Cable } from "../cable.ts";
import { labBlockers } from "./blockers.ts";
import { deleteNamespace, LabBuilders, reached } from "./labBuilders.ts";
import { labRegistry, ports } from "./paths.ts";

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env.CI ? [] : labBlockers();

/** How long a build may go on with nobody to hear it. */
const longestSilenceMs = 60_000;

describe("a build whose cluster is gone without a word", { skip: blockers.join("; ") || false }, () => {
  const lab = new LabBuilders();
  let kubeconfig: string;
  let cable: Cable;

  before(async () => {
    await lab.up();
    cable = await Cable.to(ports.api);
    kubeconfig = lab.kubeconfigBy(cable);
  });

  after(async () => {
    await cable?.[Symbol.asyncDispose]();
    await lab.dispose();
  });

  it("fails, says why, and the next one works", async () => {
    const wanted = lab.wish("silent", { cluster: { kubeconfig } });
    const builder = await lab.create(wanted);
    const run = lab.build(builder, "silent", `FROM ${labRegistry}/base:1\nRUN sleep 120\n`);
    const following = followBuilder(builder, lab.connections, lab.deps.env, (followed) => run.observe(followed));
    const ended = run.start();
    await reached(run, ({ rows }) => rows.some(({ cells }) => cells.every((cell) => cell?.state === "running")));
    cable.die();
    const silentMs = performance.now();
    await ended;
    const tookMs = Math.round(performance.now() - silentMs);
    cable.mend();
    following.dispose();
    const { state, failure } = run.summary().head;
    assert.equal(state, "failed");
    assert.equal(failure?.what, "The connection to the builder was lost.");
    assert.match(
      failure?.advice ?? "",
      /(?:has not answered for|does not respond \(waited) \d+ seconds\b.* Build again: what was finished/,
    );
    assert.ok(tookMs < longestSilenceMs, `after ${tookMs} ms`);
    const next = lab.build(builder, "next", `FROM ${labRegistry}/base:1\nRUN true\n`);
    await next.start();
    assert.equal(next.state, "done");
    await lab.remove(builder);
    await deleteNamespace(wanted.namespace);
  });
});
