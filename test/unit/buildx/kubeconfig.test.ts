import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Builder } from "../../../src/core/buildx/builder.ts";
import { kubeconfigOf } from "../../../src/core/buildx/kubeconfig.ts";

const here = import.meta.filename;
const gone = `${here}-gone`;

function builder(...kubeconfigs: readonly (string | undefined)[]): Builder {
  const nodes = kubeconfigs.map((kubeconfig, index) => ({
    name: `n${index}`,
    endpoint: "",
    platforms: [],
    driverOptions: {},
    kubernetes: { workload: `n${index}`, replicas: 1, kubeconfig },
  }));
  return { name: "kube", driver: "kubernetes", isCurrent: false, nodes };
}

describe("kubeconfigOf", () => {
  it("is the nodes' own file", async () => {
    assert.deepEqual(await kubeconfigOf(builder(here, here)), { kind: "file", path: here });
  });

  it("is the default one of a builder without", async () => {
    assert.deepEqual(await kubeconfigOf(builder(undefined)), { kind: "default" });
  });

  it("is missing as soon as that of any node is, for buildx would build there on another cluster", async () => {
    assert.deepEqual(await kubeconfigOf(builder(here, gone)), { kind: "missing", path: gone });
  });
});
