import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type FollowedBuilder, followBuilder } from "../../src/core/builder/follow.ts";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { labBlockers } from "./blockers.ts";
import { deleteNamespace, LabBuilders } from "./labBuilders.ts";

const blockers = process.env["CI"] ? [] : labBlockers();

describe("a builder whose namespace was deleted", { skip: blockers.join("; ") || false }, () => {
  const lab = new LabBuilders();
  const wanted = lab.wish("gone", { architectures: ["amd64"] });
  let builder: Builder;
  before(async () => {
    await lab.up();
    builder = await lab.create(wanted);
  });
  after(() => lab.dispose());

  const follow = (onChange: (followed: FollowedBuilder) => void): ReturnType<typeof followBuilder> =>
    followBuilder(builder, lab.connections, lab.deps.env, onChange);

  it("is seen to be", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const following = follow(({ status }) => {
      if (status.kind === "kubernetes" && status.cluster.isNamespaceMissing) resolve();
    });
    await deleteNamespace(wanted.namespace);
    await promise;
    following.dispose();
  });

  it("fails a build at once, with the cause", async () => {
    const run = lab.build(builder, "gone", "FROM scratch\nCOPY Dockerfile /\n");
    const following = follow((followed) => run.observe(followed));
    const startedMs = performance.now();
    await run.start();
    following.dispose();
    assert.ok(performance.now() - startedMs < 10_000);
    const { failure } = run.snapshot().head;
    assert.equal(failure?.what, `The namespace ${wanted.namespace} of the builder is gone.`, JSON.stringify(failure));
    assert.equal(failure?.advice, "Remove the builder and create it anew.");
  });

  it("can be removed", async () => {
    await lab.remove(builder);
    await lab.assertNothingIsLeft(wanted);
  });
});
