import assert from "node:assert/strict";
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type ClusterConnection, ClusterConnections } from "../../../src/core/cluster/cluster.ts";
import type { Resource } from "../../../src/core/cluster/listWatch.ts";
import type { Watched } from "../../../src/core/cluster/objects.ts";
import { writePinnedKubeconfig } from "../../../src/core/cluster/pinnedKubeconfig.ts";
import type { Disposable } from "../../../src/core/event.ts";
import { FakeApi, fixture, list } from "./fakeApi.ts";

let folder = "";
let hub: ClusterConnections;
let alive: NodeJS.Timeout;
const opened: Disposable[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cluster-"));
  hub = new ClusterConnections({ HOME: folder, KUBECONFIG: kubeconfigFile() });
  // Watches of files keep no process alive; the test's runner should not end while it waits for them.
  alive = setInterval(() => undefined, 1000);
});
afterEach(() => {
  for (const item of opened.splice(0)) item.dispose();
  hub.dispose();
  clearInterval(alive);
  rmSync(folder, { recursive: true });
});

const kubeconfigFile = (): string => path.join(folder, "config");

/** Writes the user's kubeconfig: one context per server, the first is current. */
function writeKubeconfig(servers: Readonly<Record<string, string>>, token = "t"): void {
  const names = Object.keys(servers);
  const config = {
    clusters: names.map((name) => ({ name, cluster: { server: servers[name] } })),
    users: [{ name: "u", user: { token } }],
    contexts: names.map((name) => ({ name, context: { cluster: name, user: "u", namespace: "builds" } })),
    "current-context": names[0],
  };
  writeFileSync(kubeconfigFile(), JSON.stringify(config));
}

interface KubeObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

function recorded(...names: readonly string[]): readonly KubeObject[] {
  const { items } = JSON.parse(readFileSync(fixture("kube", ...names), "utf8")) as { items: readonly KubeObject[] };
  return items;
}

/** Serves these nodes, and a recorded builder in every namespace. */
async function serve(nodes: readonly string[]): Promise<FakeApi> {
  return FakeApi.start(({ url }, response) => {
    const resource = url.pathname.split("/").at(-1);
    if (url.searchParams.has("watch")) response.flushHeaders();
    else if (resource === "nodes")
      list(
        response,
        nodes.map((name) => ({ metadata: { name } })),
        "1",
      );
    else if (resource === "pods")
      list(response, [pod("buildx-deployment"), { metadata: { name: "web" }, spec: {} }], "1");
    else {
      const kind = resource === "deployments" ? "Deployment" : "StatefulSet";
      list(
        response,
        recorded("workloads.json").filter((item) => item.kind === kind),
        "1",
      );
    }
  });
}

function pod(name: string): unknown {
  return JSON.parse(readFileSync(fixture("kube/pods", `${name}.json`), "utf8"));
}

async function open(address: Parameters<ClusterConnections["open"]>[0] = {}): Promise<ClusterConnection> {
  const connection = await hub.open(address);
  opened.push(connection);
  return connection;
}

async function until<T>(resource: Resource<T>, check: (watched: Watched<T>) => boolean): Promise<Watched<T>> {
  const { promise, resolve } = Promise.withResolvers<Watched<T>>();
  opened.push(resource.onDidChange((watched) => check(watched) && resolve(watched)));
  if (check(resource.current)) resolve(resource.current);
  return promise;
}

async function untilNames<T extends { readonly name: string }>(
  resource: Resource<T>,
  ...names: readonly string[]
): Promise<void> {
  await until(
    resource,
    ({ items, status }) => items.map(({ name }) => name).join() === names.join() && status.kind === "live",
  );
}

describe("a connection", () => {
  test("knows its context, and shows BuildKit's objects of a namespace", async () => {
    await using server = await serve(["n1"]);
    writeKubeconfig({ lab: server.url });
    const connection = await open();
    assert.deepEqual([connection.name, connection.server, connection.namespace], ["lab", server.url, "builds"]);
    assert.equal(server.requests.length, 0);
    await untilNames(connection.nodes(), "n1");
    await untilNames(connection.pods("builds"), "kube-amd64-64499bc44c-5jz97");
    await untilNames(connection.workloads("builds"), "kube-amd64", "kube-arm64");
    assert.ok(server.requests.some(({ url }) => url.pathname === "/api/v1/namespaces/builds/pods"));
  });

  test("cannot be had without a kubeconfig", async () => {
    await assert.rejects(hub.open({}), { name: "UserError", message: /There is no kubeconfig/ });
  });

  test("shares client and watches with others to the same server as the same user", async () => {
    await using server = await serve(["n1"]);
    writeKubeconfig({ lab: server.url });
    const first = await open();
    const pinned = path.join(folder, "pinned");
    await writePinnedKubeconfig(pinned, first.api.access);
    const second = await open({ kubeconfig: pinned, context: "lab" });
    assert.equal(first.api, second.api);
    await Promise.all([untilNames(first.nodes(), "n1"), untilNames(second.nodes(), "n1")]);
    assert.equal(server.requests.filter(({ url }) => !url.searchParams.has("watch")).length, 1);
    first.dispose();
    await second.api.request("GET", "/api/v1/nodes");
  });
});

describe("a kubeconfig that changes", () => {
  test("to another current context takes the connection there", async () => {
    await using one = await serve(["n1"]);
    await using two = await serve(["n2"]);
    writeKubeconfig({ one: one.url, two: two.url });
    const connection = await open();
    await untilNames(connection.nodes(), "n1");
    writeKubeconfig({ two: two.url, one: one.url });
    await untilNames(connection.nodes(), "n2");
    assert.equal(connection.name, "two");
  });

  test("to another namespace or name of the same context is told, and what is known stays", async () => {
    await using server = await serve(["n1"]);
    writeKubeconfig({ lab: server.url });
    const connection = await open();
    await untilNames(connection.nodes(), "n1");
    const moved = new Promise<void>((resolve) => opened.push(connection.onDidMove(resolve)));
    const config = readFileSync(kubeconfigFile(), "utf8");
    writeFileSync(kubeconfigFile(), config.replace('"namespace":"builds"', '"namespace":"other"'));
    await moved;
    assert.equal(connection.namespace, "other");
    assert.equal(connection.nodes().current.items.length, 1);
    assert.equal(server.connections, 1);
  });

  test("elsewhere leaves a connection with a named context where it is", async () => {
    await using one = await serve(["n1"]);
    await using two = await serve(["n2"]);
    writeKubeconfig({ one: one.url });
    const named = await open({ context: "one" });
    const current = await open();
    await untilNames(named.nodes(), "n1");
    const { api } = named;
    writeKubeconfig({ two: two.url, one: one.url });
    await untilNames(current.nodes(), "n2");
    assert.equal(named.api, api);
  });

  test("to new credentials does not make what is known disappear", async () => {
    const nodes = ["n1"];
    await using server = await serve(nodes);
    writeKubeconfig({ lab: server.url });
    const connection = await open();
    const seen = new Set<string>();
    await untilNames(connection.nodes(), "n1");
    opened.push(connection.nodes().onDidChange(({ status, items }) => seen.add(`${status.kind} ${items.length}`)));
    nodes.push("n2");
    writeKubeconfig({ lab: server.url }, "renewed");
    await untilNames(connection.nodes(), "n1", "n2");
    assert.deepEqual([...seen], ["live 2"]);
  });

  test("into nonsense fails with its reason, and recovers", async () => {
    await using server = await serve(["n1"]);
    writeKubeconfig({ lab: server.url });
    const connection = await open({ context: "lab" });
    await untilNames(connection.nodes(), "n1");
    writeFileSync(kubeconfigFile(), "contexts: [");
    const { status } = await until(connection.nodes(), (watched) => watched.status.kind === "failed");
    assert.match(status.kind === "failed" ? status.reason : "", /is not valid YAML/);
    assert.throws(() => connection.api, { name: "UserError", message: /is not valid YAML/ });
    const pods = connection.pods("builds");
    assert.equal(pods.current.status.kind, "failed");
    writeKubeconfig({ lab: server.url });
    await untilNames(connection.nodes(), "n1");
    await untilNames(pods, "kube-amd64-64499bc44c-5jz97");
  });
});
