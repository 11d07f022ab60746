import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, test } from "node:test";
import { KubeApi } from "../../../src/core/cluster/api.ts";
import { deleteNamespace, ensureNamespace } from "../../../src/core/cluster/namespaces.ts";
import { deleteBuilderObjects, type DeletedObject } from "../../../src/core/cluster/removal.ts";
import { findExisting, patchProbes } from "../../../src/core/cluster/workloads.ts";
import { isAbort } from "../../../src/core/errors.ts";
import { accessTo, event, FakeApi, forbid, json, list, type SeenRequest, status } from "./fakeApi.ts";

const inNamespace = "/api/v1/namespaces/builds";
const apps = "/apis/apps/v1/namespaces/builds";
const never = new AbortController().signal;

/** Objects by path; a test's own answers, by `METHOD path`, come first. */
let objects: Map<string, object>;
let answers: Map<string, (response: ServerResponse, request: SeenRequest) => void>;
let server: FakeApi;
let api: KubeApi;

beforeEach(async () => {
  objects = new Map();
  answers = new Map();
  server = await FakeApi.start((request, response) => {
    const { pathname, searchParams } = request.url;
    const own = answers.get(`${searchParams.has("watch") ? "WATCH" : request.method} ${pathname}`);
    if (own) own(response, request);
    else if (request.method === "DELETE" && objects.delete(pathname)) json(response, { kind: "Status" });
    else if (request.method === "GET" && objects.has(pathname)) json(response, objects.get(pathname));
    else if (/\/(pods|namespaces)$/.test(pathname)) list(response, [], "1");
    else status(response, 404, "NotFound", `${pathname} not found`);
  });
  api = new KubeApi(accessTo(server.url), {});
});

afterEach(async () => {
  api.dispose();
  await server[Symbol.asyncDispose]();
});

interface ContainerOptions {
  readonly container?: string;
  readonly readinessProbe?: object;
  readonly configMaps?: readonly string[];
}

/** Puts a workload in place. */
function putWorkload(resource: "deployments" | "statefulsets", name: string, options: ContainerOptions = {}): void {
  const { container = "buildkitd", readinessProbe, configMaps = [] } = options;
  const containers = [{ name: "sidecar" }, { name: container, readinessProbe }];
  const volumes = configMaps.map((configMap) => ({ configMap: { name: configMap } }));
  objects.set(`${apps}/${resource}/${name}`, {
    metadata: { name, namespace: "builds", uid: name },
    spec: { replicas: 1, template: { spec: { containers, volumes } } },
  });
}

function putConfigMap(name: string, annotations: object = {}): void {
  objects.set(`${inNamespace}/configmaps/${name}`, { metadata: { name, annotations } });
}

const names = (deleted: readonly DeletedObject[]): readonly string[] =>
  deleted.map(({ kind, name }) => `${kind} ${name}`);
const pod = (name: string, container = "buildkitd"): object => ({
  metadata: { name, resourceVersion: "2" },
  spec: { containers: [{ name: container }] },
});

describe("deleting a builder's objects", () => {
  test("takes workloads and the ConfigMaps that they mount", async () => {
    putWorkload("deployments", "b-amd64", { configMaps: ["b-amd64-config", "b-amd64-config-1", "company-ca"] });
    putWorkload("statefulsets", "b-arm64");
    for (const name of ["b-amd64-config", "b-amd64-config-1", "company-ca", "b-amd64-configuration"])
      putConfigMap(name);
    assert.deepEqual(names(await deleteBuilderObjects(api, "builds", ["b-amd64", "b-arm64"])), [
      "Deployment b-amd64",
      "ConfigMap b-amd64-config",
      "ConfigMap b-amd64-config-1",
      "StatefulSet b-arm64",
    ]);
    const left = ["company-ca", "b-amd64-configuration"].map((name) => `${inNamespace}/configmaps/${name}`);
    assert.deepEqual([...objects.keys()], left);
    const { body } = server.requests.find(({ method }) => method === "DELETE") ?? assert.fail();
    assert.equal((JSON.parse(body) as { propagationPolicy: string }).propagationPolicy, "Background");
  });

  test("takes ConfigMaps that were left over, if they are buildx's", async () => {
    const own = { "buildx.docker.com/platform": "linux/arm64" };
    putConfigMap("b-config");
    putConfigMap("b-config-1", own);
    putConfigMap("b-config-2", own);
    assert.deepEqual(names(await deleteBuilderObjects(api, "builds", ["b"])), [
      "ConfigMap b-config-1",
      "ConfigMap b-config-2",
    ]);
  });

  test("leaves what has the name but runs no BuildKit", async () => {
    putWorkload("deployments", "b", { container: "web", configMaps: ["b-config"] });
    putConfigMap("b-config");
    assert.deepEqual(await deleteBuilderObjects(api, "builds", ["b"]), []);
    assert.equal(objects.size, 2);
  });

  test("waits until the pods are gone, and tells which are left", async () => {
    const [left, lists] = [[] as string[], [[pod("p1"), pod("p2"), pod("web", "web")], []]];
    answers.set(`GET ${inNamespace}/pods`, (response) => list(response, lists.shift() ?? [], "1"));
    answers.set(`WATCH ${inNamespace}/pods`, (response) => {
      event(response, "MODIFIED", pod("p1"));
      event(response, "DELETED", pod("web", "web"));
      event(response, "DELETED", pod("p2"));
      event(response, "DELETED", pod("p1"));
    });
    await deleteBuilderObjects(api, "builds", ["b", "c"], { onPodsLeft: (pods) => left.push(pods.join()) });
    assert.deepEqual(left, ["p1,p2", "p1,p2", "p1,p2", "p1", "", ""]);
    assert.equal(server.requests.at(-1)?.url.searchParams.get("labelSelector"), "app in (b,c)");
  });

  test("goes on waiting when the connection breaks", async () => {
    const lists = [[pod("p1")], [pod("p1")], []];
    let cuts = 2;
    answers.set(`GET ${inNamespace}/pods`, (response) => {
      if (cuts-- > 1) server.cut();
      else list(response, lists.shift() ?? [], "1");
    });
    answers.set(`WATCH ${inNamespace}/pods`, (response) => {
      response.flushHeaders();
      server.cut();
    });
    await deleteBuilderObjects(api, "builds", ["b"]);
    assert.deepEqual(lists, []);
  });

  test("names the pods that do not go in time", async () => {
    answers.set(`GET ${inNamespace}/pods`, (response) => list(response, [pod("p1"), pod("p2")], "1"));
    answers.set(`WATCH ${inNamespace}/pods`, (response) => response.flushHeaders());
    await assert.rejects(deleteBuilderObjects(api, "builds", ["b"], { timeoutMs: 100 }), {
      name: "UserError",
      message: /^These pods are still there after \d+ seconds: p1, p2$/,
    });
  });

  test("ends with its signal", async () => {
    const abort = new AbortController();
    answers.set(`GET ${inNamespace}/pods`, (response) => list(response, [pod("p1")], "1"));
    answers.set(`WATCH ${inNamespace}/pods`, () => abort.abort());
    await assert.rejects(deleteBuilderObjects(api, "builds", ["b"], { signal: abort.signal }), isAbort);
  });

  test("says what is not allowed", async () => {
    putWorkload("deployments", "b");
    answers.set(`DELETE ${apps}/deployments/b`, (response) => forbid(response, "delete", "deployments"));
    await assert.rejects(deleteBuilderObjects(api, "builds", ["b"]), {
      message: "Not allowed to delete deployments in namespace builds of cluster lab (needs delete on deployments).",
    });
  });
});

describe("quickening the readiness probe", () => {
  const deployment = { kind: "Deployment", namespace: "builds", name: "b" } as const;
  const slow = { initialDelaySeconds: 5, periodSeconds: 30, exec: {} };
  const path = `${apps}/deployments/b`;

  test("patches the BuildKit container, wherever it stands", async () => {
    putWorkload("deployments", "b", { readinessProbe: slow });
    answers.set(`PATCH ${path}`, (response) => json(response, {}));
    assert.equal(await patchProbes(api, deployment), true);
    const { headers, body } = server.requests.at(-1) ?? assert.fail();
    assert.equal(headers["content-type"], "application/json-patch+json");
    const container = "/spec/template/spec/containers/1";
    assert.deepEqual(JSON.parse(body), [
      { op: "test", path: `${container}/name`, value: "buildkitd" },
      { op: "add", path: `${container}/readinessProbe/periodSeconds`, value: 1 },
      { op: "add", path: `${container}/readinessProbe/initialDelaySeconds`, value: 0 },
      {
        op: "add",
        path: "/spec/strategy",
        value: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%", maxSurge: "25%" } },
      },
    ]);
  });

  const leftAlone: readonly { readonly name: string; readonly options?: ContainerOptions }[] = [
    { name: "that is not there" },
    { name: "of another program", options: { container: "web", readinessProbe: slow } },
    { name: "without a probe (buildx before 0.34)", options: {} },
    { name: "that is quick already", options: { readinessProbe: { periodSeconds: 1 } } },
  ];
  for (const { name, options } of leftAlone) {
    test(`leaves alone a workload ${name}`, async () => {
      if (options) putWorkload("deployments", "b", options);
      assert.equal(await patchProbes(api, deployment), false);
    });
  }

  test("tries again when somebody else was quicker", async () => {
    putWorkload("deployments", "b", { readinessProbe: slow });
    const refusals = [409, 422];
    answers.set(`PATCH ${path}`, (response) => {
      const code = refusals.shift();
      if (code === undefined) json(response, {});
      else status(response, code, "Conflict", "changed");
    });
    assert.equal(await patchProbes(api, deployment), true);
  });

  test("gives up when it never wins", async () => {
    putWorkload("deployments", "b", { readinessProbe: slow });
    answers.set(`PATCH ${path}`, (response) => status(response, 409, "Conflict", "changed"));
    await assert.rejects(patchProbes(api, deployment), { message: "Cluster lab answered: changed" });
    assert.equal(server.requests.filter(({ method }) => method === "PATCH").length, 6);
  });
});

test("finds what is there under the names of a new builder", async () => {
  putWorkload("deployments", "b", { container: "web" });
  putWorkload("statefulsets", "c");
  assert.deepEqual(
    (await findExisting(api, "builds", ["a", "b", "c"])).map(({ kind, name }) => `${kind} ${name}`),
    ["Deployment b", "StatefulSet c"],
  );
});

describe("namespaces", () => {
  const path = "/api/v1/namespaces/builds";

  test("are made when they are missing", async () => {
    answers.set("POST /api/v1/namespaces", (response) => json(response, {}, 201));
    assert.equal(await ensureNamespace(api, "builds"), "created");
    assert.deepEqual(JSON.parse(server.requests.at(-1)?.body ?? ""), {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "builds" },
    });
  });

  test("are there already, also when somebody else makes them meanwhile", async () => {
    objects.set(path, {});
    assert.equal(await ensureNamespace(api, "builds"), "existed");
    objects.delete(path);
    answers.set("POST /api/v1/namespaces", (response) => status(response, 409, "AlreadyExists", "exists"));
    assert.equal(await ensureNamespace(api, "builds"), "existed");
  });

  test("of which this user may not know are left to buildx", async () => {
    answers.set(`GET ${path}`, (response) => forbid(response, "get", "namespaces"));
    assert.equal(await ensureNamespace(api, "builds"), "unknown");
  });

  test("are made also when the answer to that is lost", async () => {
    answers.set("POST /api/v1/namespaces", (response) => {
      objects.set(path, {});
      response.destroy();
    });
    assert.equal(await ensureNamespace(api, "builds"), "created");
  });

  test("that may not be made", async () => {
    answers.set("POST /api/v1/namespaces", (response) => forbid(response, "create", "namespaces"));
    await assert.rejects(ensureNamespace(api, "builds"), {
      message: /^Not allowed to create namespaces in cluster lab/,
    });
  });

  test("are gone when their deletion resolves", async () => {
    objects.set(path, {});
    const lists = [[{ metadata: { name: "builds" } }], []];
    answers.set("GET /api/v1/namespaces", (response) => list(response, lists.shift() ?? [], "1"));
    // The watch is too old at first, as after a long pause of this machine.
    answers.set("WATCH /api/v1/namespaces", (response) => status(response, 410, "Expired", "too old"));
    assert.equal(await deleteNamespace(api, "builds", never), true);
    assert.equal(await deleteNamespace(api, "builds", never), false);
  });
});
