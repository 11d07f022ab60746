import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { KubeApi } from "../../src/core/cluster/api.ts";
import { type ClusterConnection, ClusterConnections } from "../../src/core/cluster/cluster.ts";
import { collections } from "../../src/core/cluster/collections.ts";
import { firstOf } from "../../src/core/cluster/first.ts";
import type { Resource } from "../../src/core/cluster/listWatch.ts";
import { deleteNamespace, ensureNamespace } from "../../src/core/cluster/namespaces.ts";
import type { Watched } from "../../src/core/cluster/objects.ts";
import { deleteBuilderObjects } from "../../src/core/cluster/removal.ts";
import { findExisting, patchProbes } from "../../src/core/cluster/workloads.ts";
import type { Disposable } from "../../src/core/event.ts";
import { labBlockers } from "./blockers.ts";
import { labDown } from "./down.ts";
import { labNodes } from "./nodes.ts";
import { kubeconfigPath } from "./paths.ts";
import { labStatus } from "./status.ts";
import { labUp } from "./up.ts";

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env.CI ? [] : labBlockers();
const namespace = `api-${process.pid}`;
const never = new AbortController().signal;

describe("the cluster as the extension sees it", { skip: blockers.join("; ") || false }, () => {
  let wasUp = true;
  let hub: ClusterConnections;
  let connection: ClusterConnection;
  const subscriptions: Disposable[] = [];

  before(async () => {
    wasUp = (await labStatus()).state === "up";
    await labUp();
    hub = new ClusterConnections(process.env);
    connection = await hub.open({ kubeconfig: kubeconfigPath });
  });

  after(async () => {
    for (const subscription of subscriptions) subscription.dispose();
    if (connection) await deleteNamespace(connection.api, namespace, never);
    connection?.dispose();
    hub?.dispose();
    if (!wasUp) await labDown();
  });

  /** Resolves with the first snapshot that passes; keeps watching to the end of the tests. */
  async function until<T>(resource: Resource<T>, check: (watched: Watched<T>) => boolean): Promise<Watched<T>> {
    const { promise, resolve } = Promise.withResolvers<Watched<T>>();
    subscriptions.push(resource.onDidChange((watched) => check(watched) && resolve(watched)));
    if (check(resource.current)) resolve(resource.current);
    return promise;
  }

  it("has one ready node per architecture", async () => {
    const nodes = await firstOf(connection.nodes());
    assert.deepEqual(
      nodes.map(({ name, architecture, isReady }) => ({ name, architecture, isReady })),
      labNodes.map(({ name, architecture }) => ({ name, architecture, isReady: true })),
    );
    assert.ok(
      nodes.every(({ allocatableCpu, allocatableMemoryBytes }) => allocatableCpu > 0 && allocatableMemoryBytes > 0),
    );
  });

  it("makes a namespace once, and deletes it once", async () => {
    const name = `${namespace}-short`;
    assert.equal(await ensureNamespace(connection.api, name), "created");
    assert.equal(await ensureNamespace(connection.api, name), "existed");
    assert.equal(await deleteNamespace(connection.api, name, never), true);
    assert.equal(await deleteNamespace(connection.api, name, never), false);
  });

  it("shows a builder's workload and pods from the first moment until they are ready", async () => {
    await ensureNamespace(connection.api, namespace);
    const pods = connection.pods(namespace);
    const workloads = connection.workloads(namespace);
    await until(pods, ({ status, items }) => status.kind === "live" && items.length === 0);
    await create("deployments", workload("Deployment", "quick"));
    const [made] = (await until(workloads, ({ items }) => items.length === 1)).items;
    assert.deepEqual(made?.platforms, ["linux/arm64"]);
    assert.equal(await patchProbes(connection.api, { kind: "Deployment", namespace, name: "quick" }), true);
    assert.equal(await patchProbes(connection.api, { kind: "Deployment", namespace, name: "quick" }), false);
    const { items } = await until(pods, (watched) => watched.items.some(({ state }) => state.kind === "ready"));
    assert.ok(items.every(({ app, nodeName }) => app === "quick" && (nodeName ?? "node-arm64") === "node-arm64"));
    await until(workloads, (watched) => watched.items.some((one) => one.name === "quick" && one.readyReplicas === 1));
  });

  it("says in words why a pod does not start", async () => {
    const requests = { cpu: "64" };
    await create("deployments", workload("Deployment", "greedy", { resources: { requests } }));
    await create("deployments", workload("Deployment", "nowhere", { image: "registry.invalid/buildkit:1" }));
    const texts = async (app: string, pattern: RegExp): Promise<unknown> =>
      until(connection.pods(namespace), ({ items }) =>
        items.some((pod) => pod.app === app && pod.state.kind === "stuck" && pattern.test(pod.state.text)),
      );
    await texts("greedy", /^no arm64 node has 64 free CPUs$/);
    await texts(
      "nowhere",
      /^its image registry\.invalid\/buildkit:1 cannot be pulled: the registry's name is not known to DNS$/,
    );
  });

  it("deletes what buildx has made, and nothing else of the same names", async () => {
    const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "quick-config", namespace } };
    await connection.api.request("POST", `/api/v1/namespaces/${namespace}/configmaps`, { body: configMap });
    await create("statefulsets", workload("StatefulSet", "greedy", {}, "web"));
    const names = ["quick", "greedy", "nowhere", "absent"];
    assert.deepEqual(
      (await findExisting(connection.api, namespace, names)).map(({ kind, name }) => `${kind} ${name}`),
      ["Deployment quick", "Deployment greedy", "StatefulSet greedy", "Deployment nowhere"],
    );
    const deleted = await deleteBuilderObjects(connection.api, namespace, names);
    assert.deepEqual(
      deleted.map(({ kind, name }) => `${kind} ${name}`),
      ["Deployment quick", "ConfigMap quick-config", "Deployment greedy", "Deployment nowhere"],
    );
    await until(connection.pods(namespace), ({ items }) => items.length === 0);
    assert.deepEqual(
      (await findExisting(connection.api, namespace, names)).map(({ kind, name }) => `${kind} ${name}`),
      ["StatefulSet greedy"],
    );
    assert.deepEqual(await deleteBuilderObjects(connection.api, namespace, names), []);
  });

  it("says what a user may not do, and who is not let in", async () => {
    const { api } = connection;
    const limited = new KubeApi({ ...api.access, user: { token: await newToken(api) } }, process.env);
    const unknown = new KubeApi({ ...api.access, user: { token: "wrong" } }, process.env);
    assert.equal(await ensureNamespace(limited, `${namespace}-more`), "unknown");
    await assert.rejects(firstOf(collections(limited).nodes()), {
      message: "Not allowed to list nodes in cluster lab (needs list, watch on nodes).",
    });
    await assert.rejects(firstOf(collections(unknown).nodes()), {
      message: "Cluster lab does not accept the sign-in of user admin.",
    });
    for (const client of [limited, unknown]) client.dispose();
  });

  async function create(resource: string, body: unknown): Promise<void> {
    await connection.api.request("POST", `/apis/apps/v1/namespaces/${namespace}/${resource}`, { body });
  }

  /** A token of a service account without any rights. */
  async function newToken(api: KubeApi): Promise<string> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    const answer = await api.request("POST", `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, { body });
    return (answer as { readonly status: { readonly token: string } }).status.token;
  }
});

/** A workload as buildx makes it, for the node of arm64. */
function workload(kind: string, name: string, container: object = {}, containerName = "buildkitd"): unknown {
  const labels = { app: name };
  const annotations = { "buildx.docker.com/platform": "linux/arm64" };
  const probe = { exec: { command: ["true"] }, initialDelaySeconds: 5, periodSeconds: 30 };
  const image = "moby/buildkit:buildx-stable-1";
  const volumes = [{ name: "config", configMap: { name: `${name}-config`, optional: true } }];
  const spec = {
    nodeSelector: { "kubernetes.io/arch": "arm64" },
    terminationGracePeriodSeconds: 0,
    containers: [{ name: containerName, image, command: ["sleep", "3600"], readinessProbe: probe, ...container }],
    volumes,
  };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, labels, annotations },
    spec: {
      replicas: 1,
      serviceName: kind === "StatefulSet" ? "none" : undefined,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec },
    },
  };
}
