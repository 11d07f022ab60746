import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { makePin, type Pin, type PinNote } from "../../../src/core/builder/pins.ts";
import { BuilderUpkeep } from "../../../src/core/builder/upkeep.ts";
import { buildxConfigDir, instancePath } from "../../../src/core/buildx/store.ts";
import { ClusterConnections } from "../../../src/core/cluster/cluster.ts";
import { loadKubeconfig, selectContext } from "../../../src/core/cluster/kubeconfig.ts";
import { processMark } from "../../../src/core/processes.ts";
import { fakeBuildx } from "../buildx/fakeBuildx.ts";

let home = "";
let folder = "";
let env: NodeJS.ProcessEnv = {};
let connections: ClusterConnections;
let upkeep: BuilderUpkeep;
let notes: string[] = [];
let noted = Promise.withResolvers<void>();
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "upkeep-"));
  folder = path.join(home, "kubeconfigs");
  env = { DOCKER_CONFIG: home, KUBECONFIG: path.join(home, "config"), PATH: process.env["PATH"] };
  connections = new ClusterConnections(env);
  notes = [];
  noted = Promise.withResolvers();
  upkeep = new BuilderUpkeep({
    cli: async () => fakeBuildx([["deleteFile", instancePath(env, "kube")]], { env }),
    env,
    connections,
    kubeconfigFolder: folder,
    onNote: (text) => {
      notes.push(text);
      noted.resolve();
    },
  });
  writeUserConfig("old-token");
});
afterEach(() => {
  upkeep.dispose();
  connections.dispose();
  rmSync(home, { recursive: true });
});

function writeUserConfig(token: string, server = "http://127.0.0.1:9"): void {
  const config = {
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: { token } }],
    contexts: [{ name: "prod", context: { cluster: "c", user: "u" } }],
    "current-context": "prod",
  };
  writeFileSync(path.join(home, "config"), JSON.stringify(config));
}

async function pinned(changes: Partial<PinNote> = {}): Promise<Pin> {
  const access = selectContext(await loadKubeconfig({ env }));
  const note = { builder: "kube", store: buildxConfigDir(env), source: { context: "prod" }, ...changes };
  return makePin(folder, access, note);
}

/** What buildx's store says of the builder. */
function writeInstance({ kubeconfig }: Pin): void {
  const endpoint = `kubernetes:///kube?deployment=x&kubeconfig=${encodeURIComponent(kubeconfig)}`;
  mkdirSync(path.dirname(instancePath(env, "kube")), { recursive: true });
  const instance = { Name: "kube", Driver: "kubernetes", Nodes: [{ Name: "kube-amd64", Endpoint: endpoint }] };
  writeFileSync(instancePath(env, "kube"), JSON.stringify(instance));
}

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

describe("the kubeconfig of a builder", () => {
  it("gets the user's new credentials, at once and later", async () => {
    const pin = await pinned();
    writeInstance(pin);
    writeUserConfig("new-token");
    await upkeep.run();
    assert.match(readFileSync(pin.kubeconfig, "utf8"), /token: new-token/);
    noted = Promise.withResolvers();
    writeUserConfig("newer-token");
    await noted.promise;
    assert.match(readFileSync(pin.kubeconfig, "utf8"), /token: newer-token/);
    assert.deepEqual(notes, ["builder kube: new credentials", "builder kube: new credentials"]);
  });

  it("stays as it is when the user's context leads to another server", async () => {
    const pin = await pinned();
    writeInstance(pin);
    const before = readFileSync(pin.kubeconfig, "utf8");
    writeUserConfig("new-token", "http://127.0.0.1:10");
    await upkeep.run();
    assert.equal(readFileSync(pin.kubeconfig, "utf8"), before);
    assert.deepEqual(notes, []);
  });

  it("goes when its builder has gone, unless that is in another store or being made", async () => {
    await pinned();
    const elsewhere = await pinned({ builder: "other", store: "/elsewhere" });
    const young = await pinned({ builder: "young", maker: processMark() });
    await upkeep.run();
    const kept = [elsewhere, young].flatMap(({ kubeconfig }) => [kubeconfig, `${kubeconfig}.json`]);
    assert.deepEqual(readdirSync(folder).toSorted(), kept.map((file) => path.basename(file)).toSorted());
    assert.deepEqual(notes, ["builder kube: gone, its kubeconfig too"]);
  });

  it("stays while nobody can tell whether its builder has gone", async () => {
    const pin = await pinned();
    const instance = instancePath(env, "kube");
    const keeps = async (): Promise<void> => {
      await upkeep.run();
      assert.equal(readdirSync(folder).length, 2);
    };
    writeInstance(pin);
    writeFileSync(instance, "");
    await keeps();
    rmSync(path.dirname(instance), { recursive: true });
    writeFileSync(path.dirname(instance), "");
    await keeps();
  });

  it("stays when a half-made builder cannot be taken back, which is told", async () => {
    const pin = await pinned({ maker: `${deadPid()}:1` });
    writeInstance(pin);
    await upkeep.run();
    assert.equal(notes[0], "builder kube: half made, is taken back");
    assert.match(notes[1] ?? "", /was not removed\. Cluster prod is not reachable/);
    assert.equal(readdirSync(folder).length, 2);
  });
});
