import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { PodState } from "../../../src/core/cluster/objects.ts";
import { parsePod } from "../../../src/core/cluster/parsePod.ts";
import { podStateOf } from "../../../src/core/cluster/podState.ts";
import type { WirePod } from "../../../src/core/cluster/wirePod.ts";
import { fixture } from "./fakeApi.ts";

function read(name: string): unknown {
  return JSON.parse(readFileSync(fixture("kube/pods", `${name}.json`), "utf8"));
}

/** What real pods of a cluster were doing when they were recorded, in words. */
const states: Readonly<Record<string, `${PodState["kind"]}: ${string}` | "ready">> = {
  "buildx-deployment": "ready",
  "buildx-statefulset":
    "stuck: its volume claim is not bound: the cluster has no volume or default storage class for it",
  "config-error": 'stuck: its container cannot be started: secret "nope" not found',
  "crash-loop": "stuck: keeps crashing (3 restarts), last: exit code 3",
  "deadline-exceeded": "dead: DeadlineExceeded: pod was active on the node longer than the specified deadline",
  failed: "dead: exit code 7",
  "image-broken": "stuck: its image localhost:5997/broken/buildkit:1 cannot be pulled: 500 Internal Server Error",
  "image-forbidden":
    "stuck: its image localhost:5997/forbidden/buildkit:1 cannot be pulled: the registry denies access, or there is no such repository",
  "image-limited":
    "stuck: its image localhost:5997/limited/buildkit:1 cannot be pulled: the registry's pull limit is reached",
  "image-missing": "stuck: its image localhost:5997/missing/buildkit:1 cannot be pulled: the registry does not have it",
  "image-name-invalid": "stuck: its image moby/BuildKit::latest cannot be pulled: this is not a valid image name",
  "image-never-pull":
    "stuck: its image moby/other:1 cannot be pulled: the node does not have it, and its pull policy is Never",
  "image-no-dns":
    "stuck: its image registry.invalid/buildkit:1 cannot be pulled: the registry's name is not known to DNS",
  "image-other-arch":
    "stuck: its image localhost:5997/other-arch/buildkit:1 cannot be pulled: it does not exist for this architecture",
  "image-plain-http": "stuck: its image 10.244.1.1:5000/no/such:1 cannot be pulled: the registry speaks plain HTTP",
  "image-private": "stuck: its image localhost:5997/private/buildkit:1 cannot be pulled: the registry asks to sign in",
  "image-pulling": "starting: pulling the image 10.244.1.1:5998/buildkit:1",
  "image-refused":
    "stuck: its image 10.244.1.1:5999/buildkit:1 cannot be pulled: nothing listens at the registry's address",
  "init-failing": "stuck: init container qemu: keeps crashing (4 restarts), last: exit code 1",
  "init-image-missing":
    "stuck: init container qemu: its image 10.244.1.1:5000/tonistiigi/binfmt:none cannot be pulled: the registry speaks plain HTTP",
  "init-running": "starting: running its init container qemu",
  killed: "dead: exit code 1",
  "oom-crash-loop": "stuck: keeps crashing (3 restarts), last: out of memory (OOMKilled)",
  "oom-killed": "dead: out of memory (OOMKilled)",
  "readiness-lost": "starting: running, but its readiness probe fails",
  ready: "ready",
  "scheduling-gated": "stuck: held back by a scheduling gate",
  "start-error":
    'stuck: its container cannot be started: exec: "/no/such/program": stat /no/such/program: no such file or directory',
  succeeded: "dead: ended",
  terminating: "terminating: being deleted, ends within 300 seconds",
  "unschedulable-claim": "stuck: its volume claim nope does not exist",
  "unschedulable-claim-unbound":
    "stuck: its volume claim is not bound: the cluster has no volume or default storage class for it",
  "unschedulable-cordoned":
    "stuck: no s390x node takes it: 1 with a taint it does not tolerate, 1 cordoned, 2 outside its node selector",
  "unschedulable-cpu": "stuck: no arm64 node has 4 free CPUs",
  "unschedulable-cpu-and-memory": "stuck: no node takes it: 2 without 4 free CPUs, 2 without 512 GiB of free memory",
  "unschedulable-gpu": "stuck: no arm64 node takes it: 1 without enough nvidia.com/gpu",
  "unschedulable-memory": "stuck: no arm64 node has 512 GiB of free memory",
  "unschedulable-selector": "stuck: no node matches its node selector kubernetes.io/arch=riscv64, pool=builders",
  "unschedulable-tainted":
    "stuck: no ppc64le node takes it: 1 with a taint it does not tolerate, 1 cordoned, 2 outside its node selector",
  "volume-missing": "starting: waiting for its volumes and network",
  "waiting-for-readiness": "starting: running, waiting for its readiness probe (every 30 s)",
  "waiting-for-startup": "starting: running, waiting for its startup probe",
};

function words(state: PodState): string {
  return state.kind === "ready" ? "ready" : `${state.kind}: ${state.text}`;
}

describe("recorded pods", () => {
  test("each has its words", () => {
    const recorded = readdirSync(fixture("kube/pods")).map((file) => file.replace(/\.json$/, ""));
    assert.deepEqual(recorded.toSorted(), Object.keys(states).toSorted());
  });
  for (const [name, expected] of Object.entries(states)) {
    test(name, () => {
      const pod = parsePod(read(name));
      assert.equal(pod && words(pod.state), expected);
    });
  }
});

test("reads a buildx pod", () => {
  const pod = parsePod(read("buildx-deployment"));
  assert.deepEqual(pod, {
    uid: pod?.uid,
    name: "kube-amd64-64499bc44c-5jz97",
    namespace: "fixtures",
    app: "kube-amd64",
    phase: "Running",
    state: { kind: "ready" },
    nodeName: "node-amd64",
    createdMs: Date.parse("2026-11-23T18:55:07Z"),
    restarts: 0,
  });
});

test("tells since when a pod waits for its readiness probe", () => {
  const state = podStateOf(read("waiting-for-readiness") as WirePod);
  assert.equal(state.kind === "starting" && state.sinceMs, Date.parse("2026-11-23T18:51:58Z"));
});

test("keeps Kubernetes' own words where they say more", () => {
  const state = podStateOf(read("unschedulable-cpu") as WirePod);
  assert.match((state.kind === "stuck" && state.detail) || "", /^0\/2 nodes are available: 1 Insufficient cpu/);
});

/** States that are hard to come by in a small cluster, written after the API's documentation. */
const scheduled = { nodeName: "n1", containers: [{ name: "buildkitd", image: "moby/buildkit:1" }] };
const literals: readonly { readonly name: string; readonly pod: WirePod; readonly expected: string }[] = [
  {
    name: "evicted",
    pod: {
      spec: scheduled,
      status: { phase: "Failed", reason: "Evicted", message: "The node was low on resource: ephemeral-storage." },
    },
    expected: "dead: evicted: the node was low on resource: ephemeral-storage.",
  },
  {
    name: "just made",
    pod: { spec: {}, status: { phase: "Pending" } },
    expected: "starting: waiting for the scheduler",
  },
  {
    name: "just scheduled, no container status yet",
    pod: { spec: scheduled, status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "True" }] } },
    expected: "starting: creating its container or pulling the image moby/buildkit:1",
  },
  {
    name: "killed for the first time",
    pod: {
      spec: scheduled,
      status: {
        phase: "Running",
        containerStatuses: [
          { name: "buildkitd", restartCount: 0, state: { terminated: { exitCode: 137, signal: 9 } } },
        ],
      },
    },
    expected: "dead: killed by signal 9",
  },
  {
    name: "in a crash loop, as older kubelets tell it",
    pod: {
      spec: scheduled,
      status: {
        phase: "Running",
        containerStatuses: [
          {
            name: "buildkitd",
            restartCount: 7,
            state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s restarting failed container" } },
            lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
          },
        ],
      },
    },
    expected: "stuck: keeps crashing (7 restarts), last: out of memory (OOMKilled)",
  },
  {
    name: "that runs for a moment between two crashes",
    pod: {
      spec: { nodeName: "n", containers: [{ name: "buildkitd" }] },
      status: {
        phase: "Running",
        containerStatuses: [
          {
            name: "buildkitd",
            ready: false,
            started: true,
            restartCount: 2,
            state: { running: { startedAt: "2026-01-01T00:00:30Z" } },
            lastState: {
              terminated: { exitCode: 1, startedAt: "2026-01-01T00:00:10Z", finishedAt: "2026-01-01T00:00:10Z" },
            },
          },
        ],
      },
    },
    expected: "stuck: keeps crashing (2 restarts), last: exit code 1",
  },
  {
    name: "on a node that is silent",
    pod: {
      spec: scheduled,
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "False" }],
        containerStatuses: [{ name: "buildkitd", ready: true, state: { running: {} } }],
      },
    },
    expected: "stuck: its node n1 has stopped reporting",
  },
  {
    name: "with a sidecar that runs",
    pod: {
      spec: scheduled,
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        initContainerStatuses: [{ name: "mesh", ready: true, state: { running: {} } }],
        containerStatuses: [{ name: "buildkitd", ready: true, state: { running: {} } }],
      },
    },
    expected: "ready",
  },
  {
    name: "unschedulable with a named taint (Kubernetes up to 1.33)",
    pod: {
      spec: { nodeSelector: { "kubernetes.io/arch": "arm64" } },
      status: {
        phase: "Pending",
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "Unschedulable",
            message:
              "0/3 nodes are available: 1 node(s) had untolerated taint {arch: arm64}, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
          },
        ],
      },
    },
    expected:
      "stuck: no arm64 node takes it: 1 with a taint it does not tolerate (arch=arm64), 2 outside its node selector",
  },
  {
    name: "unschedulable for a reason of its own",
    pod: {
      spec: {},
      status: {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no nodes available" }],
      },
    },
    expected: "stuck: no nodes available",
  },
];

describe("other pods", () => {
  for (const { name, pod, expected } of literals) test(name, () => assert.equal(words(podStateOf(pod)), expected));
});
