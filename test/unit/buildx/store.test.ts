import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Builder } from "../../../src/core/buildx/builder.ts";
import { shortHash } from "../../../src/core/buildx/dockerConfig.ts";
import { BuilderStore, readBuilders } from "../../../src/core/buildx/store.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/buildx-store/", import.meta.url));

let home = "";
let env: NodeJS.ProcessEnv = {};
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "store-"));
  env = { DOCKER_CONFIG: home, DOCKER_HOST: "" };
});
afterEach(() => rmSync(home, { recursive: true }));

function copyStore(name: "remote" | "kubernetes"): void {
  cpSync(join(fixtures, name), join(home, "buildx"), { recursive: true });
}

function write(path: string, content: unknown): void {
  const file = join(home, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
}

function addContext(name: string, host: string): void {
  write(`contexts/meta/${shortHash(name)}/meta.json`, {
    Name: name,
    Metadata: {},
    Endpoints: { docker: { Host: host } },
  });
}

async function namesAndCurrent(): Promise<string[]> {
  return (await readBuilders(env)).map(({ name, isCurrent }) => (isCurrent ? `${name}*` : name));
}

/** Resolves when the store tells of a list that meets the condition. */
function changeTo(store: BuilderStore, condition: (names: string[]) => boolean): Promise<readonly Builder[]> {
  return new Promise((resolve) => {
    const subscription = store.onDidChange((builders) => {
      if (!condition(builders.map(({ name }) => name))) return;
      subscription.dispose();
      resolve(builders);
    });
  });
}

describe("readBuilders", () => {
  it("reads a builder of the kubernetes driver", async () => {
    copyStore("kubernetes");
    const [kube] = await readBuilders(env);
    assert.deepEqual(kube, {
      name: "kube",
      driver: "kubernetes",
      isCurrent: true,
      path: join(home, "buildx/instances/kube"),
      nodes: ["amd64", "arm64"].map((architecture) => ({
        name: `builder-${architecture}`,
        endpoint: `kubernetes:///kube?deployment=builder-${architecture}&kubeconfig=%2Fdemo%2Fhomek%2Fkubeconfig`,
        platforms: [`linux/${architecture}`],
        driverOptions: { namespace: "buildkit", nodeselector: `kubernetes.io/arch=${architecture}`, replicas: "1" },
        kubernetes: {
          workload: `builder-${architecture}`,
          namespace: "buildkit",
          replicas: 1,
          kubeconfig: "/demo/homek/kubeconfig",
        },
      })),
    });
  });

  it("names the workload after the node, not after the endpoint", async () => {
    write("buildx/instances/k", {
      Name: "K",
      Driver: "kubernetes",
      Nodes: [{ Name: "my_node", Endpoint: "kubernetes:///K?deployment=buildkit-123&kubeconfig=", DriverOpts: null }],
    });
    const [builder] = await readBuilders(env);
    assert.deepEqual(builder?.nodes[0]?.kubernetes, {
      workload: "my-node",
      namespace: undefined,
      replicas: 1,
      kubeconfig: undefined,
    });
  });

  it("lists the store by name, then docker's own builders", async () => {
    copyStore("remote");
    addContext("remote-engine", "tcp://build.example.com:2376");
    addContext("kube", "tcp://hidden-by-the-builder");
    assert.deepEqual(await namesAndCurrent(), ["kube*", "single", "default", "remote-engine"]);
    const engines = (await readBuilders(env)).filter(({ path }) => path === undefined);
    assert.deepEqual(
      engines.map(({ driver, nodes }) => [driver, nodes.map(({ endpoint }) => endpoint)]),
      [
        ["docker", ["unix:///var/run/docker.sock"]],
        ["docker", ["remote-engine"]],
      ],
    );
  });

  it("normalises platforms", async () => {
    const platforms = [
      { architecture: "aarch64", os: "linux" },
      { architecture: "arm", os: "linux", variant: "v7" },
      { architecture: "amd64", os: "windows", "os.version": "10.0.1" },
      { os: "linux" },
    ];
    write("buildx/instances/r", { Name: "r", Driver: "remote", Nodes: [{ Name: "n", Platforms: platforms }] });
    const [builder] = await readBuilders(env);
    assert.deepEqual(builder?.nodes[0]?.platforms, ["linux/arm64", "linux/arm/v7", "windows/amd64"]);
  });

  it("shows a damaged file as a builder that says so, and the others as they are", async () => {
    copyStore("remote");
    write("buildx/instances/broken", "{ no json");
    write("buildx/instances/odd", []);
    write("buildx/instances/.tmp-kube123", "half");
    const builders = await readBuilders(env);
    assert.deepEqual(
      builders.map(({ name, nodes }) => [name, nodes.length]),
      [
        ["broken", 0],
        ["kube", 2],
        ["odd", 0],
        ["single", 1],
        ["default", 1],
      ],
    );
    assert.match(builders[0]?.unreadable ?? "", /instances\/broken cannot be read: .*JSON/);
    assert.equal(builders[1]?.unreadable, undefined);
  });

  it("has docker's builder only when there is no store", async () => {
    assert.deepEqual(await namesAndCurrent(), ["default*"]);
  });
});

describe("the current builder", () => {
  const local = "unix:///var/run/docker.sock";
  const cases: readonly [behaviour: string, arrange: () => void, expected: string][] = [
    ["is the one chosen for this engine", () => write("buildx/current", { Key: local, Name: "single" }), "single"],
    ["is not one chosen for another engine", () => write("buildx/current", { Key: "x", Name: "single" }), "default"],
    ["is the global choice", () => write("buildx/current", { Key: "x", Name: "single", Global: true }), "single"],
    ["is docker's when nothing is chosen", () => rmSync(join(home, "buildx/current")), "default"],
    ["is docker's when the choice is gone", () => write("buildx/current", { Key: local, Name: "gone" }), "default"],
    ["is docker's when the choice is damaged", () => write("buildx/current", "{"), "default"],
    ["is the choice in any case of letters", () => write("buildx/current", { Key: local, Name: "Single" }), "single"],
    [
      "is the preset of this engine when nothing is chosen",
      () => {
        write("buildx/current", { Key: local, Name: "" });
        write(`buildx/defaults/${shortHash(local)}`, "single");
      },
      "single",
    ],
    [
      "is the docker context's when one is in use",
      () => {
        addContext("far", "tcp://far");
        write("config.json", { currentContext: "far" });
      },
      "far",
    ],
    ["is the one of BUILDX_BUILDER", () => (env["BUILDX_BUILDER"] = "single"), "single"],
  ];
  for (const [behaviour, arrange, expected] of cases) {
    it(behaviour, async () => {
      copyStore("remote");
      arrange();
      const current = (await readBuilders(env)).filter(({ isCurrent }) => isCurrent).map(({ name }) => name);
      assert.deepEqual(current, [expected]);
    });
  }
});

describe("BuilderStore", () => {
  let store = new BuilderStore({});
  beforeEach(() => (store = new BuilderStore(env)));
  afterEach(() => store.dispose());

  it("notices builders that come, change and go", async () => {
    copyStore("kubernetes");
    store.start();
    await changeTo(store, (names) => names.includes("kube"));
    const added = changeTo(store, (names) => names.includes("new"));
    write("buildx/instances/new", { Name: "new", Driver: "remote", Nodes: [] });
    await added;
    const removed = changeTo(store, (names) => !names.includes("new"));
    rmSync(join(home, "buildx/instances/new"));
    await removed;
    const chosen = changeTo(store, () => store.builders.some(({ name, isCurrent }) => name === "default" && isCurrent));
    write("buildx/current", { Key: "", Name: "" });
    await chosen;
  });

  it("notices a store that is made after the start", async () => {
    env["BUILDX_CONFIG"] = join(home, "deep", "down", "store");
    store.start();
    await store.refresh();
    const made = changeTo(store, (names) => names.includes("new"));
    write("deep/down/store/instances/new", { Name: "new", Driver: "remote", Nodes: [] });
    await made;
  });

  it("notices a store that is replaced as a whole", async () => {
    copyStore("kubernetes");
    store.start();
    await store.refresh();
    cpSync(join(fixtures, "remote"), join(home, "other"), { recursive: true });
    const replaced = changeTo(store, (names) => names.includes("single"));
    renameSync(join(home, "buildx"), join(home, "old"));
    renameSync(join(home, "other"), join(home, "buildx"));
    await replaced;
    const added = changeTo(store, (names) => names.includes("new"));
    write("buildx/instances/new", { Name: "new", Driver: "remote", Nodes: [] });
    await added;
  });

  it("tells nothing when a file is written again as it was", async () => {
    copyStore("kubernetes");
    await store.refresh();
    let changes = 0;
    store.onDidChange(() => changes++);
    copyStore("kubernetes");
    await store.refresh();
    assert.equal(changes, 0);
  });

  it("watches as long as one user is left", async () => {
    copyStore("kubernetes");
    const first = store.start();
    const second = store.start();
    await store.refresh();
    first.dispose();
    first.dispose();
    const added = changeTo(store, (names) => names.includes("new"));
    write("buildx/instances/new", { Name: "new", Driver: "remote", Nodes: [] });
    await added;
    second.dispose();
  });
});
