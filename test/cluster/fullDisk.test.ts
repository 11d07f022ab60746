import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { execa } from "execa";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { labBlockers } from "./blockers.ts";
import { deleteNamespace, LabBuilders } from "./labBuilders.ts";
import { labRegistry } from "./paths.ts";

const blockers = process.env["CI"] ? [] : labBlockers();

describe("an output that cannot be written", { skip: blockers.join("; ") || false }, () => {
  const lab = new LabBuilders();
  const wanted = lab.wish("output", { architectures: ["amd64"] });
  const disk = path.join(lab.dir, "disk");
  let builder: Builder;
  before(async () => {
    await lab.up();
    builder = await lab.create(wanted);
    mkdirSync(disk);
    await execa("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
  });
  after(async () => {
    await execa("umount", [disk]);
    await lab.remove(builder);
    await deleteNamespace(wanted.namespace);
    await lab.dispose();
  });

  it("is called a failure with its cause when the disk is full", async () => {
    const dockerfile = `FROM ${labRegistry}/base:1\nRUN head -c 4m /dev/urandom > /large\n`;
    const run = lab.build(builder, "full", dockerfile, { kind: "folder", path: path.join(disk, "out") });
    await run.start();
    const { state, failure } = run.summary().head;
    assert.equal(state, "failed", run.output());
    assert.equal(failure?.what, "The output could not be written: the disk is full.");
  });

  it("is called a failure with its cause when the folder cannot be written to", async () => {
    await execa("mount", ["-o", "remount,ro", disk]);
    const dockerfile = `FROM ${labRegistry}/base:1\nRUN true\n`;
    const run = lab.build(builder, "read-only", dockerfile, { kind: "folder", path: path.join(disk, "other") });
    await run.start();
    const { state, failure } = run.summary().head;
    assert.equal(state, "failed", run.output());
    assert.equal(failure?.what, "The output could not be written: its disk is read-only.");
  });
});
