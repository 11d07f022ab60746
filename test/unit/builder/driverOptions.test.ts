import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { driverOptionsOf, validateDriverOptions } from "../../../src/core/builder/driverOptions.ts";

const node = { namespace: "build", architecture: "arm64", replicas: 2 };

describe("driverOptionsOf", () => {
  it("binds the node to machines of its architecture", () => {
    assert.deepEqual(driverOptionsOf(node, { timeout: true }), {
      namespace: "build",
      replicas: "2",
      nodeselector: "kubernetes.io/arch=arm64",
      timeout: "300s",
    });
  });

  it("keeps off machines of other systems where there are some", () => {
    const options = { ...node, hasOtherSystems: true, driverOptions: { nodeselector: "pool=ci" } };
    assert.equal(
      driverOptionsOf(options, { timeout: true })["nodeselector"],
      "kubernetes.io/arch=arm64,kubernetes.io/os=linux,pool=ci",
    );
  });

  it("leaves out what this buildx does not know", () => {
    assert.equal(driverOptionsOf(node, { timeout: false })["timeout"], undefined);
  });

  it("adds the user's options, and the user's selector to its own", () => {
    const driverOptions = { "requests.cpu": "2", nodeselector: "pool=ci", timeout: "60s" };
    assert.deepEqual(driverOptionsOf({ ...node, driverOptions }, { timeout: true }), {
      namespace: "build",
      replicas: "2",
      nodeselector: "kubernetes.io/arch=arm64,pool=ci",
      timeout: "60s",
      "requests.cpu": "2",
    });
  });
});

describe("validateDriverOptions", () => {
  it("leaves to buildx what it can tell itself", () => {
    assert.equal(validateDriverOptions({ "requests.cpu": "2", rootless: "true", nonsense: "1" }), undefined);
  });

  const refused: readonly [options: Readonly<Record<string, string>>, reason: RegExp][] = [
    [{ namespace: "x" }, /“namespace” has a field of its own/],
    [{ replicas: "3" }, /“replicas” has a field of its own/],
    [{ nodeselector: "pool=ci,kubernetes.io/arch=amd64" }, /must not name an architecture/],
    [{ rootless: "false" }, /Leave out the driver option “rootless”/],
  ];
  for (const [options, reason] of refused) {
    it(`refuses ${JSON.stringify(options)} and says why`, () => {
      assert.match(validateDriverOptions(options) ?? "", reason);
    });
  }
});
