import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { planBuild } from "../../../src/core/build/plan.ts";
import type { Builder } from "../../../src/core/buildx/builder.ts";

function builderOf(...nodes: readonly (readonly [name: string, ...platforms: string[]])[]): Builder {
  return {
    name: "kube",
    driver: "remote",
    isCurrent: false,
    nodes: nodes.map(([name, ...platforms]) => ({ name, platforms, endpoint: "", driverOptions: {} })),
  };
}

function planned(builder: Builder, ...platforms: string[]): string[] {
  return planBuild(builder, platforms).platforms.map(
    ({ kind, platform, builderNode }) => `${platform} ${kind} ${builderNode?.name ?? "?"}`,
  );
}

function reasons(builder: Builder, ...platforms: string[]): string[] {
  return planBuild(builder, platforms).platforms.map((one) => (one.kind === "undeclared" ? one.reason : ""));
}

const mixed = builderOf(["a", "linux/amd64"], ["b", "linux/arm64"], ["c", "linux/arm64"]);

describe("planBuild", () => {
  it("takes the first node that declares the platform", () => {
    assert.deepEqual(planned(mixed, "linux/arm64", "linux/amd64"), [
      "linux/arm64 declared b",
      "linux/amd64 declared a",
    ]);
  });

  it("knows whether several nodes take part", () => {
    assert.equal(planBuild(mixed, ["linux/amd64", "linux/arm64"]).isMultiNode, true);
    assert.equal(planBuild(mixed, ["linux/arm64"]).isMultiNode, false);
    assert.equal(planBuild(builderOf(["a", "linux/amd64"]), ["linux/amd64", "linux/arm64"]).isMultiNode, false);
  });

  it("does not let one architecture stand for its relatives", () => {
    assert.deepEqual(planned(mixed, "linux/arm/v7"), ["linux/arm/v7 undeclared ?"]);
    assert.deepEqual(planned(mixed, "linux/386"), ["linux/386 undeclared ?"]);
    assert.deepEqual(planned(mixed, "linux/amd64/v3"), ["linux/amd64/v3 undeclared ?"]);
  });

  it("trusts no platform any more as soon as one is not declared", () => {
    assert.deepEqual(planned(mixed, "linux/arm64", "linux/386"), [
      "linux/arm64 undeclared ?",
      "linux/386 undeclared ?",
    ]);
    assert.deepEqual(reasons(mixed, "linux/arm64", "linux/386"), [
      "Because no node is declared for linux/386, buildx may also build linux/arm64 by emulation.",
      "No node of “kube” is declared for linux/386: buildx takes one that can emulate it, else the first, “a”.",
    ]);
  });

  it("knows the node of a builder that has only one", () => {
    const docker = builderOf(["default"]);
    assert.deepEqual(planned(docker, "linux/arm64"), ["linux/arm64 undeclared default"]);
    assert.deepEqual(reasons(docker, "linux/arm64"), [
      "“default” is not declared for linux/arm64: it builds it only if it can, perhaps by emulation.",
    ]);
  });

  it("says that a builder without nodes has none", () => {
    assert.deepEqual(reasons(builderOf(), "linux/amd64"), ["The builder “kube” has no nodes."]);
  });
});
