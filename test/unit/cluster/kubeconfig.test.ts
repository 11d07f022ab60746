import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { inClusterContent } from "../../../src/core/cluster/inCluster.ts";
import {
  contextsOf,
  type Kubeconfig,
  kubeconfigFiles,
  loadKubeconfig,
  selectContext,
} from "../../../src/core/cluster/kubeconfig.ts";
import { minifiedKubeconfig, writePinnedKubeconfig } from "../../../src/core/cluster/pinnedKubeconfig.ts";
import { UserError } from "../../../src/core/errors.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function kubeconfig(names: readonly string[], current = names[0]): string {
  return `
apiVersion: v1
kind: Config
current-context: ${current ?? '""'}
clusters: [${names.map((name) => `{name: ${name}, cluster: {server: "https://${name}.example.com:6443"}}`).join(", ")}]
users: [${names.map((name) => `{name: ${name}-user, user: {token: ${name}-token}}`).join(", ")}]
contexts: [${names.map((name) => `{name: ${name}, context: {cluster: ${name}, user: ${name}-user}}`).join(", ")}]
`;
}

async function load(file: string): Promise<Kubeconfig> {
  return loadKubeconfig({ path: file, env: {} });
}

async function rejection(promise: Promise<unknown>): Promise<UserError> {
  return promise.then(
    () => assert.fail("should have been rejected"),
    (error: unknown) => (error instanceof UserError ? error : assert.fail(String(error))),
  );
}

describe("where the kubeconfig is looked for", () => {
  const home = path.resolve("/home/u");
  const cases = [
    { name: "the home folder", location: { env: { HOME: home } }, files: [path.join(home, ".kube/config")] },
    {
      name: "the list of KUBECONFIG, without empty and double entries",
      location: { env: { HOME: home, KUBECONFIG: ["/a", "", "/b", "/a"].join(path.delimiter) } },
      files: [path.resolve("/a"), path.resolve("/b")],
    },
    {
      name: "a given file before KUBECONFIG",
      location: { path: "/given", env: { KUBECONFIG: "/a" } },
      files: [path.resolve("/given")],
    },
    { name: "a given file with ~", location: { path: "~/k", env: { HOME: home } }, files: [path.join(home, "k")] },
  ];
  for (const { name, location, files } of cases) {
    test(name, () => assert.deepEqual(kubeconfigFiles(location), files));
  }
});

describe("loading", () => {
  test("merges files as kubectl does: the first to name something wins, missing files do not matter", async () => {
    const first = write("first", kubeconfig(["one", "shared"], ""));
    const second = write("second", kubeconfig(["shared", "two"]).replaceAll("shared.example", "other.example"));
    const missing = path.join(folder, "missing");
    const env = { KUBECONFIG: [missing, first, second].join(path.delimiter) };
    const loaded = await loadKubeconfig({ env });
    assert.deepEqual(
      contextsOf(loaded).map(({ name, server }) => `${name} ${server}`),
      [
        "one https://one.example.com:6443",
        "shared https://shared.example.com:6443",
        "two https://two.example.com:6443",
      ],
    );
    assert.equal(loaded.currentContext, "shared");
  });

  test("says where it was looked for when there is none", async () => {
    const file = path.join(folder, "nowhere");
    const { message, action } = await rejection(load(file));
    assert.equal(message, `There is no kubeconfig: ${file} does not exist.`);
    assert.equal(action, "openSettings");
  });

  const broken = [
    { name: "the line of a mistake in the YAML", text: "a: 1\nb: [1,\nc: 2\n", message: /not valid YAML, line \d+: / },
    { name: "a file that is no mapping", text: "- a\n- b\n", message: /is not a kubeconfig\.$/ },
    { name: "a list that is none", text: "contexts: {}\n", message: /"contexts" is not a list\.$/ },
    { name: "an entry without a name", text: "users: [{user: {}}]\n", message: /users\[0\] has no name\.$/ },
    {
      name: "two entries of one name",
      text: "clusters: [{name: a, cluster: {}}, {name: a, cluster: {}}]\n",
      message: /has two entries named "a" in its list "clusters"\.$/,
    },
  ];
  for (const { name, text, message } of broken) {
    test(`tells ${name}`, async () => {
      const error = await rejection(load(write("config", text)));
      assert.match(error.message, message);
      assert.ok(error.message.includes(path.join(folder, "config")));
      assert.equal(error.action, "openKubeconfig");
    });
  }

  test("says why a file cannot be read", async () => {
    mkdirSync(path.join(folder, "directory"));
    const { message } = await rejection(load(path.join(folder, "directory")));
    assert.match(message, /cannot be read: EISDIR/);
  });

  test("reads an empty file as a kubeconfig without contexts", async () => {
    assert.deepEqual(contextsOf(await load(write("config", ""))), []);
  });

  test("takes the service account of a pod where there is no file", async () => {
    write("sa/token", "secret\n");
    write("sa/namespace", "builds\n");
    const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
    const content = await inClusterContent(env, path.join(folder, "sa"));
    assert.ok(content);
    const access = selectContext({ ...content, files: [] });
    assert.deepEqual(access.context, {
      name: "in-cluster",
      cluster: "in-cluster",
      server: "https://[fd00::1]:443",
      user: "in-cluster",
      namespace: "builds",
    });
    assert.equal(await inClusterContent({}, path.join(folder, "sa")), undefined);
  });
});

describe("selecting a context", () => {
  test("takes the current one without a name", async () => {
    const loaded = await load(write("config", kubeconfig(["a", "b"], "b")));
    assert.equal(selectContext(loaded).context.name, "b");
    assert.equal(selectContext(loaded, "a").context.server, "https://a.example.com:6443");
  });

  const cases: readonly { name: string; edit: (text: string) => string; context?: string; message: RegExp }[] = [
    { name: "names the contexts there are", edit: (text) => text, context: "c", message: /has no context "c"\.$/ },
    {
      name: "no current context",
      edit: (text) => text.replace(/current-context.*/, ""),
      message: /no current context/,
    },
    {
      name: "a cluster that is missing",
      edit: (text) => text.replace("cluster: a,", "cluster: gone,"),
      message: /context "a" in .* has no cluster with a valid server address\.$/,
    },
    {
      name: "a server that is no URL",
      edit: (text) => text.replace("https://a.example.com:6443", "a.example.com"),
      message: /no cluster with a valid server address\.$/,
    },
    {
      name: "a user who is missing",
      edit: (text) => text.replace("user: a-user}", "user: gone}"),
      message: /names a user "gone" who is not there\.$/,
    },
  ];
  for (const { name, edit, context, message } of cases) {
    test(name, async () => {
      const loaded = await load(write("config", edit(kubeconfig(["a", "b"]))));
      assert.throws(() => selectContext(loaded, context), { name: "UserError", message });
    });
  }
});

describe("pinning a context", () => {
  const text = `
clusters:
- {name: a, cluster: {server: "https://a.example.com", certificate-authority: pki/ca.crt}}
- {name: b, cluster: {server: "https://b.example.com"}}
users:
- name: dev
  user:
    client-certificate: pki/dev.crt
    client-key: ../dev.key
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/login
      args: [--cluster, a]
      env: [{name: PROFILE, value: dev}]
- {name: bare, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login}}}
contexts:
- {name: a, context: {cluster: a, user: dev, namespace: builds}}
- {name: b, context: {cluster: b, user: bare}}
- {name: c, context: {cluster: b}}
current-context: b
`;

  test("leaves one context that stands on its own", async () => {
    const access = selectContext(await load(write("conf/config", text)), "a");
    const pinned = await load(write("elsewhere/pinned", await minifiedKubeconfig(access)));
    assert.deepEqual(
      contextsOf(pinned).map(({ name }) => name),
      ["a"],
    );
    const { context, cluster, user } = selectContext(pinned);
    assert.equal(context.namespace, "builds");
    assert.equal(cluster["certificate-authority"], path.join(folder, "conf/pki/ca.crt"));
    assert.equal(user["client-certificate"], path.join(folder, "conf/pki/dev.crt"));
    assert.equal(user["client-key"], path.join(folder, "dev.key"));
    assert.deepEqual(user["exec"], {
      apiVersion: "client.authentication.k8s.io/v1",
      command: path.join(folder, "conf/bin/login"),
      args: ["--cluster", "a"],
      env: [{ name: "PROFILE", value: "dev" }],
    });
  });

  test("leads to the same cluster as the same user", async () => {
    const loaded = await load(write("conf/config", text));
    const access = selectContext(loaded, "a");
    const pinned = selectContext(await load(write("pinned", await minifiedKubeconfig(access))));
    assert.equal(pinned.identity, access.identity);
    assert.notEqual(selectContext(loaded, "b").identity, access.identity);
  });

  test("keeps a plugin that is found in PATH, and a context without a user", async () => {
    const loaded = await load(write("conf/config", text));
    const bare = selectContext(await load(write("pinned", await minifiedKubeconfig(selectContext(loaded, "b")))));
    assert.deepEqual(bare.user["exec"], { apiVersion: "client.authentication.k8s.io/v1", command: "login" });
    const anonymous = selectContext(await load(write("pinned", await minifiedKubeconfig(selectContext(loaded, "c")))));
    assert.deepEqual(anonymous.user, {});
  });

  test("writes a file for its owner's eyes only, and nothing beside it", async () => {
    const access = selectContext(await load(write("conf/config", text)), "a");
    const file = path.join(folder, "pinned/kube.yaml");
    await writePinnedKubeconfig(file, access);
    await writePinnedKubeconfig(file, access);
    assert.deepEqual(readdirSync(path.dirname(file)), ["kube.yaml"]);
    if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(selectContext(await load(file)).identity, access.identity);
  });
});
