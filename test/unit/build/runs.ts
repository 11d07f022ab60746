import assert from "node:assert/strict";
import type { BuildRequest } from "../../../src/core/buildx/buildRequest.ts";
import type { BuildRun, BuildRunOptions } from "../../../src/core/build/run.ts";
import type { FollowedBuilder } from "../../../src/core/builder/follow.ts";
import type { Builder } from "../../../src/core/buildx/builder.ts";
import type { Pod } from "../../../src/core/cluster/objects.ts";

export const time = "2026-11-23T10:00:00Z";
export const stepName = "[linux/arm64 2/2] RUN make";

export function progress(...vertexes: readonly object[]): string {
  return `${JSON.stringify({ vertexes })}\n`;
}

export const stepRuns = progress({ digest: "sha256:1", name: stepName, started: time });
export const stepIsDone = progress({
  digest: "sha256:1",
  name: stepName,
  started: time,
  completed: "2026-11-23T10:00:02Z",
});
export const log = `${JSON.stringify({ logs: [{ vertex: "sha256:1", stream: 1, data: btoa("hello\n"), timestamp: time }] })}\n`;

export function kubernetesBuilder(kubeconfig?: string): Builder {
  const nodes = ["amd64", "arm64"].map((architecture) => ({
    name: `kube-${architecture}`,
    endpoint: "",
    platforms: [`linux/${architecture}`],
    driverOptions: {},
    kubernetes: { workload: `kube-${architecture}`, namespace: "build", replicas: 1, kubeconfig },
  }));
  return { name: "kube", driver: "kubernetes", isCurrent: false, nodes };
}

export function runningPod(name: string, app: string, changes: Partial<Pod> = {}): Pod {
  return {
    uid: name,
    name,
    namespace: "build",
    app,
    phase: "Running",
    state: { kind: "ready" },
    nodeName: "kube-b3",
    createdMs: 0,
    restarts: 0,
    ...changes,
  };
}

/** What the cluster says of the builder when it has these pods. */
export function followed(...pods: readonly Pod[]): FollowedBuilder {
  const live = { kind: "live" } as const;
  const cluster = {
    name: "prod",
    server: "https://prod.example.com",
    namespace: "build",
    pods: { status: live, items: pods },
    workloads: { status: live, items: [] },
  };
  return { status: { kind: "kubernetes", cluster }, view: { clusterNodes: [], pods } };
}

/** The same builder when nothing is heard of its cluster any more. */
export function followedInSilence(...pods: readonly Pod[]): FollowedBuilder {
  const { status } = followed(...pods);
  assert.ok(status.kind === "kubernetes");
  const stale = { kind: "stale", reason: "It has not answered.", isSilent: true } as const;
  return { status: { ...status, cluster: { ...status.cluster, pods: { status: stale, items: pods } } } };
}

export const request: BuildRequest = {
  dockerfile: "/w/Dockerfile",
  buildContext: "/w",
  builder: "kube",
  platforms: ["linux/amd64", "linux/arm64"],
  output: { kind: "none" },
};

export function options(changes: Partial<BuildRunOptions> = {}): BuildRunOptions {
  return { request, builder: kubernetesBuilder(), labels: { dockerfile: "Dockerfile", output: "" }, ...changes };
}

export function changeOf(run: BuildRun, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const subscription = run.onDidChange(() => {
      if (!condition()) return;
      subscription.dispose();
      resolve();
    });
  });
}
