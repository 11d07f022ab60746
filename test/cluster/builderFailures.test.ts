import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createBuilder, type CreateProgress } from "../../src/core/builder/create.ts";
import { isAbort, UserError } from "../../src/core/errors.ts";
import { labBlockers } from "./blockers.ts";
import { deleteNamespace, LabBuilders, namespaceExists, objectsOf } from "./labBuilders.ts";
import { kubectl } from "./processes.ts";

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env["CI"] ? [] : labBlockers();

describe("a builder on the lab that cannot start", { skip: blockers.join("; ") || false }, () => {
  const lab = new LabBuilders();
  before(() => lab.up());
  after(() => lab.dispose());

  const nowhere = { nodeselector: "example.com/no-such=label" };

  it("says why, and leaves nothing behind", async () => {
    const wanted = lab.wish("stuck", { driverOptions: { ...nowhere, timeout: "4s" } });
    await assert.rejects(lab.create(wanted), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /did not start: amd64: .*; arm64: /);
      assert.doesNotMatch(error.message, /expected \d+ replicas/);
      assert.equal(error.remedy, undefined);
      return true;
    });
    await lab.assertNothingIsLeft(wanted);
    assert.equal(await namespaceExists(wanted.namespace), false);
  });

  it("leaves nothing behind when it is cancelled", async () => {
    const wanted = lab.wish("cancelled", { driverOptions: nowhere });
    const abort = new AbortController();
    const progress: CreateProgress[] = [];
    const onProgress = (one: CreateProgress): void => {
      progress.push(one);
      if (one.kind === "starting" && one.architectures.every(({ kind }) => kind === "stuck")) abort.abort();
    };
    await assert.rejects(createBuilder(wanted, lab.deps, { signal: abort.signal, onProgress }), isAbort);
    assert.equal(progress.at(-1)?.kind, "cleaningUp");
    await lab.assertNothingIsLeft(wanted);
    assert.equal(await namespaceExists(wanted.namespace), false);
  });

  it("leaves nothing behind when it is cancelled between its nodes", async () => {
    const wanted = lab.wish("half");
    const abort = new AbortController();
    const half = lab.newCli();
    half.onDidStart((command) => {
      if (command.includes("--append")) setImmediate(() => abort.abort());
    });
    const options = { signal: abort.signal, onProgress: () => undefined };
    await assert.rejects(createBuilder(wanted, { ...lab.deps, cli: half }, options), isAbort);
    await lab.assertNothingIsLeft(wanted);
    assert.equal(await namespaceExists(wanted.namespace), false);
  });

  it("says that the namespace forbids privileged pods, and leaves that namespace", async () => {
    const wanted = lab.wish("forbidden", { driverOptions: { timeout: "8s" } });
    await kubectl("create", "namespace", wanted.namespace);
    await kubectl("label", "namespace", wanted.namespace, "pod-security.kubernetes.io/enforce=baseline");
    await assert.rejects(
      lab.create(wanted),
      (error) => error instanceof UserError && /PodSecurity.*privileged/.test(error.message),
    );
    await lab.assertNothingIsLeft(wanted);
    assert.equal(await namespaceExists(wanted.namespace), true);
    await deleteNamespace(wanted.namespace);
  });

  it("does not adopt what is already there, nor remove it", async () => {
    const wanted = lab.wish("foreign");
    await kubectl("create", "namespace", wanted.namespace);
    await kubectl(
      "create",
      "deployment",
      `${wanted.name}-arm64`,
      "-n",
      wanted.namespace,
      "--image=none",
      "--replicas=0",
    );
    await assert.rejects(
      lab.create(wanted),
      (error) => error instanceof UserError && /has a Deployment .* already/.test(error.message),
    );
    assert.ok((await objectsOf(wanted.namespace)).includes(`deployment.apps/${wanted.name}-arm64`));
    assert.ok(!(await lab.isInStore(wanted.name)));
    await deleteNamespace(wanted.namespace);
  });

  it("gives buildx's reason for an option it does not know", async () => {
    const wanted = lab.wish("option", { driverOptions: { nonsense: "1" } });
    await assert.rejects(lab.create(wanted), /invalid driver option nonsense/);
    await lab.assertNothingIsLeft(wanted);
    assert.equal(await namespaceExists(wanted.namespace), false);
  });
});
