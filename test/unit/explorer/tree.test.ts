import assert from "node:assert/strict";
import { test } from "node:test";
import type { Builder } from "../../../src/core/buildx/builder.ts";
import type { ClusterNode, Pod, Watched, Workload } from "../../../src/core/cluster/objects.ts";
import type { BuilderStatus } from "../../../src/core/builder/status.ts";
import { descriptionOf, type ExplorerItem } from "../../../src/core/explorer/item.ts";
import {
  changedRows,
  ExplorerIndex,
  explorerTree,
  noticeOf,
  type ExplorerState,
} from "../../../src/core/explorer/tree.ts";
import { head, lane } from "../media/builds.ts";

const day = 86_400_000;
const nowMs = 100 * day;

const kube: Builder = {
  name: "kube",
  driver: "kubernetes",
  isCurrent: true,
  path: "/store/instances/kube",
  nodes: ["amd64", "arm64"].map((architecture) => ({
    name: `builder-${architecture}`,
    endpoint: "kubernetes:///kube",
    platforms: [`linux/${architecture}`],
    driverOptions: { replicas: "1" },
    kubernetes: { workload: `builder-${architecture}`, namespace: "buildkit", replicas: 1 },
  })),
};

function pod(app: string, podState: Pod["state"], nodeName?: string): Pod {
  return {
    uid: `uid-${app}`,
    name: `${app}-x7k2`,
    namespace: "buildkit",
    app,
    phase: "Running",
    state: podState,
    nodeName,
    createdMs: nowMs - 3 * day,
    restarts: 0,
  };
}

function workload(name: string, readyReplicas: number): Workload {
  const base = {
    kind: "Deployment",
    namespace: "buildkit",
    replicas: 1,
    madeReplicas: 1,
    wasReady: true,
    platforms: [],
  } as const;
  return { ...base, name, uid: name, readyReplicas };
}

function live<T>(...items: T[]): Watched<T> {
  return { status: { kind: "live" }, items };
}

function clusterNode(name: string, architecture: string, more: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name,
    architecture,
    operatingSystem: "linux",
    isReady: true,
    isCordoned: false,
    kubeletVersion: "v1.37.2",
    allocatableCpu: 8,
    allocatableMemoryBytes: 31 * 2 ** 30,
    taints: [],
    labels: {},
    ...more,
  };
}

function status(pods: Watched<Pod>, workloads: Watched<Workload>): BuilderStatus {
  return {
    kind: "kubernetes",
    cluster: { name: "prod", server: "https://prod.example.com", namespace: "buildkit", pods, workloads },
  };
}

function state(more: Partial<ExplorerState>): ExplorerState {
  return { builders: [], cluster: { kind: "loading" }, builds: [], busy: { textOf: () => undefined }, nowMs, ...more };
}

/** The tree as text, one indented line a row, `!` before trouble. */
function drawn(items: readonly ExplorerItem[], depth = 0): string {
  return items
    .map((one) => {
      const mark = one.severity === "none" ? "" : "! ";
      const text = [one.label, descriptionOf(one)].filter(Boolean).join("  ");
      return `${"  ".repeat(depth)}${mark}${text}\n${drawn(one.children, depth + 1)}`;
    })
    .join("");
}

test("shows builder, nodes, pods and where they run", () => {
  const known = status(
    live(
      pod("builder-amd64", { kind: "ready" }, "kube-a1"),
      pod("builder-arm64", { kind: "stuck", text: "pending: no arm64 node has 4 free CPUs" }),
    ),
    live(workload("builder-amd64", 1), workload("builder-arm64", 0)),
  );
  assert.equal(
    drawn(explorerTree(state({ builders: [[kube, known]] })).slice(0, 1)),
    `Builders
  ! kube  kubernetes · prod/buildkit · current
    builder-amd64  1 of 1 ready · linux/amd64
      builder-amd64-x7k2  kube-a1 · 3 d
    ! builder-arm64  0 of 1 ready · linux/arm64
      ! builder-arm64-x7k2  pending: no arm64 node has 4 free CPUs
`,
  );
});

test("says above the rows, which a narrow sidebar cuts, what is wrong: the same of several pods once", () => {
  const stuck = pod("builder-arm64", { kind: "stuck", text: "no arm64 node has 4 free CPUs" });
  const known = status(live(stuck, { ...stuck, uid: "other" }), live(workload("builder-arm64", 0)));
  const reason = "Cluster prod is not reachable.";
  const cluster = { kind: "unavailable", reason, remedy: "Start it." } as const;
  const all = (more: Partial<ExplorerState>): string | undefined => noticeOf(explorerTree(state(more)));
  assert.equal(all({}), undefined);
  assert.equal(all({ builders: [[kube, known]] }), "builder-arm64: no arm64 node has 4 free CPUs");
  assert.equal(all({ builders: [[kube, { ...cluster, kind: "unreachable" }]], cluster }), `${reason} Start it.`);
  assert.equal(
    all({ builders: [[kube, known]], cluster }),
    "builder-arm64: no arm64 node has 4 free CPUs (and 1 more)",
  );
});

test("says what is being done to a builder, not that it is not there yet", () => {
  const absent = status(live<Pod>(), live<Workload>());
  const busy = { textOf: (name: string) => (name === "kube" ? "being removed" : undefined) };
  const text = drawn(explorerTree(state({ builders: [[kube, absent]], busy })));
  assert.match(text, /kube {2}being removed · kubernetes/);
  assert.doesNotMatch(text, /not created yet/);
});

test("says that a builder without workload is not created yet, and does not call it missing when that is unknown", () => {
  const absent = status(live<Pod>(), live<Workload>());
  assert.match(
    drawn(explorerTree(state({ builders: [[kube, absent]] }))),
    /not created yet: the next build starts it · linux\/amd64/,
  );
  const reason = "not allowed to list deployments in namespace buildkit";
  const forbidden = status(live<Pod>(), { status: { kind: "failed", reason }, items: [] });
  const text = drawn(explorerTree(state({ builders: [[kube, forbidden]] })));
  assert.match(text, /! kube {2}kubernetes · prod\/buildkit · not allowed to list deployments/);
  assert.match(text, /! builder-amd64 {2}unknown · linux\/amd64/);
});

test("says that a builder whose namespace is gone does not come back by itself", () => {
  const known = status(live<Pod>(), live<Workload>());
  assert.ok(known.kind === "kubernetes");
  const gone: BuilderStatus = { ...known, cluster: { ...known.cluster, isNamespaceMissing: true } };
  const roots = explorerTree(state({ builders: [[kube, gone]] }));
  assert.match(drawn(roots), /! builder-amd64 {2}its namespace is gone/);
  assert.match(noticeOf(roots) ?? "", /Remove the builder and create it anew\.$/);
});

test("does not take a node of another namespace for one that is not created", () => {
  const [first, second] = kube.nodes;
  assert.ok(first && second);
  const elsewhere = { ...second, kubernetes: { workload: "b", namespace: "other", replicas: 1 } };
  const builder = { ...kube, nodes: [first, elsewhere] };
  const text = drawn(explorerTree(state({ builders: [[builder, status(live<Pod>(), live<Workload>())]] })));
  assert.match(text, /builder-amd64 {2}not created yet/);
  assert.match(text, /builder-arm64 {2}not followed: it is in another cluster or namespace than the first node/);
});

test("does not warn of a pod that was evicted and has been replaced", () => {
  const evicted: Pod = {
    ...pod("builder-amd64", { kind: "dead", text: "evicted: the node was low on memory" }),
    phase: "Failed",
  };
  const ready = { ...pod("builder-amd64", { kind: "ready" }), uid: "new" };
  const roots = (readyReplicas: number): readonly ExplorerItem[] => {
    const known = status(live(evicted, ready), live(workload("builder-amd64", readyReplicas)));
    return explorerTree(state({ builders: [[kube, known]] }));
  };
  assert.equal(noticeOf(roots(1)), undefined);
  assert.doesNotMatch(drawn(roots(1)), /! builder-amd64/);
  assert.match(drawn(roots(1)), /builder-amd64-x7k2 {2}evicted: the node was low on memory/);
  assert.equal(noticeOf(roots(0)), "builder-amd64: evicted: the node was low on memory");
});

test("says first of all that nothing can be built without buildx", () => {
  const buildx = { reason: "buildx 0.12.0 is too old; 0.13.0 or newer is needed.", remedy: "Install another." };
  const [first] = explorerTree(state({ buildx }));
  assert.equal(drawn(first ? [first] : []), `! ${buildx.reason}  Install another.\n`);
});

test("tells builds of one Dockerfile apart", () => {
  const lanes = [lane("linux/amd64", { durationMs: 4_600 }), lane("linux/arm64", { durationMs: 19_700 })];
  const first = head({ id: "1", state: "done", startedMs: nowMs - 200_000, endedMs: nowMs - 130_000 });
  const failure = { what: "builder 5/7 failed on linux/arm64", message: "", logTail: [] };
  const second = head({ id: "2", ordinal: 2, state: "failed", startedMs: nowMs - 9_000, endedMs: nowMs, failure });
  const builds = [
    { head: first, lanes },
    { head: second, lanes },
  ];
  assert.equal(
    drawn(explorerTree(state({ builds })).slice(2)),
    `Recent Builds
  ! Dockerfile #2  builder 5/7 failed on linux/arm64 · just now
  Dockerfile  amd64 4.60 s · arm64 19.7 s · 2 min ago
`,
  );
});

test("shows an unreadable builder with its cause", () => {
  const broken: Builder = {
    name: "broken",
    driver: "",
    nodes: [],
    isCurrent: false,
    path: "/store/instances/broken",
    unreadable: "no JSON at line 1",
  };
  assert.match(
    drawn(explorerTree(state({ builders: [[broken, { kind: "loading" }]] }))),
    /! broken {2}unreadable: no JSON at line 1/,
  );
});

test("groups the cluster's nodes by architecture and says what is wrong with one", () => {
  const nodes = live(
    clusterNode("kube-b3", "arm64", { taints: ["arch=arm64:NoSchedule"], isCordoned: true }),
    clusterNode("kube-a1", "amd64"),
    clusterNode("kube-a2", "amd64", { isReady: false, notReadyReason: "kubelet stopped posting its status" }),
  );
  assert.equal(
    drawn(explorerTree(state({ cluster: { kind: "connected", name: "prod", nodes } })).slice(1)),
    `Cluster  prod
  ! amd64  2 nodes · 16 CPU · 62 GiB
    kube-a1  Ready · v1.37.2 · 8 CPU · 31 GiB
    ! kube-a2  not ready: kubelet stopped posting its status · v1.37.2 · 8 CPU · 31 GiB
  arm64  1 node · 8 CPU · 31 GiB
    kube-b3  Ready · cordoned · v1.37.2 · 8 CPU · 31 GiB · taint arch=arm64:NoSchedule
`,
  );
});

test("keeps the last known nodes in view when the connection is lost", () => {
  const nodes: Watched<ClusterNode> = {
    status: { kind: "stale", reason: "the API server does not answer" },
    items: [clusterNode("kube-a1", "amd64")],
  };
  assert.equal(
    drawn(explorerTree(state({ cluster: { kind: "connected", name: "prod", nodes } })).slice(1)),
    `! Cluster  prod
  ! the API server does not answer
  amd64  1 node · 8 CPU · 31 GiB
    kube-a1  Ready · v1.37.2 · 8 CPU · 31 GiB
`,
  );
});

test("every row has an id of its own", () => {
  const known = status(
    live(pod("builder-amd64", { kind: "ready" }), pod("builder-arm64", { kind: "ready" })),
    live(workload("builder-amd64", 1)),
  );
  const seen: string[] = [];
  const visit = (items: readonly ExplorerItem[]): void => {
    for (const one of items) {
      seen.push(one.id);
      visit(one.children);
    }
  };
  visit(
    explorerTree(
      state({
        builders: [[kube, known]],
        cluster: { kind: "connected", name: "p", nodes: live(clusterNode("n", "amd64")) },
      }),
    ),
  );
  assert.equal(new Set(seen).size, seen.length);
});

test("draws one row again when one pod has changed", () => {
  const workloads = live(workload("builder-amd64", 1));
  const index = (nodeName: string): ExplorerIndex =>
    new ExplorerIndex(
      explorerTree(
        state({ builders: [[kube, status(live(pod("builder-amd64", { kind: "ready" }, nodeName)), workloads)]] }),
      ),
    );
  assert.deepEqual(changedRows(index("a"), index("a")), []);
  assert.deepEqual(changedRows(index("a"), index("b")), ["builder:kube/builder-amd64/uid-builder-amd64"]);
});

test("draws the parent again when a row comes or goes", () => {
  const index = (...pods: Pod[]): ExplorerIndex =>
    new ExplorerIndex(explorerTree(state({ builders: [[kube, status(live(...pods), live<Workload>())]] })));
  const one = pod("builder-amd64", { kind: "ready" });
  assert.deepEqual(changedRows(index(), index(one)), ["builder:kube/builder-amd64"]);
  assert.equal(changedRows(index(), new ExplorerIndex([])), "all");
});
