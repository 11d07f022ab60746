import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { KubeApi } from "../../../src/core/cluster/api.ts";
import { collections } from "../../../src/core/cluster/collections.ts";
import { CredentialSource } from "../../../src/core/cluster/credentials.ts";
import { runExecPlugin } from "../../../src/core/cluster/execPlugin.ts";
import type { Stanza } from "../../../src/core/cluster/kubeconfigFile.ts";
import { watchTrouble } from "../../../src/core/cluster/objects.ts";
import { isAbort, UserError } from "../../../src/core/errors.ts";
import { accessTo, FakeApi, fixture, json, status, tlsFixture } from "./fakeApi.ts";

const apiVersion = "client.authentication.k8s.io/v1";
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "credentials-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const countFile = (): string => path.join(folder, "runs");

function runs(): number {
  return readFileSync(countFile(), "utf8").length;
}

function plugin(mode: string, more: Stanza = {}): Stanza {
  return {
    apiVersion,
    command: process.execPath,
    args: [fixture("bin/exec-plugin.mjs"), mode, countFile(), fixture("tls/client.crt"), fixture("tls/client.key")],
    ...more,
  };
}

function source(user: Stanza): CredentialSource {
  return new CredentialSource(accessTo("https://example.com", user), process.env);
}

async function refusal(promise: Promise<unknown>): Promise<UserError> {
  return promise.then(
    () => assert.fail("should have failed"),
    (error: unknown) => (error instanceof UserError ? error : assert.fail(String(error))),
  );
}

function idToken(exp: number): string {
  return `e.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.s`;
}

function oidc(token: string): Stanza {
  return { "auth-provider": { name: "oidc", config: { "id-token": token } } };
}

describe("an exec plugin", () => {
  test("gets what the protocol promises, and the environment of its entry", async () => {
    const cluster = {
      server: "https://example.com",
      extensions: [{ name: "client.authentication.k8s.io/exec", extension: { audience: "x" } }],
    };
    const exec = plugin("info", { provideClusterInfo: true, env: [{ name: "PROFILE", value: "dev" }] });
    const { token = "" } = await runExecPlugin(exec, cluster, { env: process.env });
    assert.deepEqual(JSON.parse(Buffer.from(token, "base64url").toString()), {
      kind: "ExecCredential",
      apiVersion,
      spec: { interactive: false, cluster: { server: "https://example.com", config: { audience: "x" } } },
    });
    const named = await runExecPlugin({ ...exec, args: plugin("token")["args"] }, cluster, { env: process.env });
    assert.equal(named.token, "token-2-dev");
  });

  test("may answer with a certificate", async () => {
    const { certificate, key } = await runExecPlugin(plugin("certificate"), {}, { env: process.env });
    assert.match(certificate ?? "", /BEGIN CERTIFICATE/);
    assert.match(key ?? "", /BEGIN PRIVATE KEY/);
  });

  const failures: readonly { name: string; exec: () => Stanza; message: RegExp; remedy?: RegExp }[] = [
    {
      name: "fails: its own words",
      exec: () => plugin("fail"),
      message: /failed: error: no active login, run: login --again$/,
      remedy: /^Run any kubectl command/,
    },
    { name: "answers nonsense", exec: () => plugin("garbage"), message: /did not answer with credentials/ },
    { name: "answers without credentials", exec: () => plugin("nothing"), message: /without a token or a certificate/ },
    {
      name: "speaks another version",
      exec: () => plugin("other-version"),
      message: /answered in client\.authentication\.k8s\.io\/v1beta1, but the kubeconfig asks for .*\/v1\.$/,
      remedy: /Set the apiVersion/,
    },
    {
      name: "is missing: the hint of the kubeconfig",
      exec: () => plugin("token", { command: "no-such-login", installHint: "Install it from the app store.\n" }),
      message: /needs no-such-login, which is not installed or not in the editor's PATH\.$/,
      remedy: /^Install it from the app store\.$/,
    },
    {
      name: "needs a terminal",
      exec: () => plugin("token", { interactiveMode: "Always" }),
      message: /needs a terminal\.$/,
      remedy: /Sign in with kubectl/,
    },
    { name: "is not named", exec: () => ({ apiVersion }), message: /names no command or no apiVersion/ },
  ];
  for (const { name, exec, message, remedy } of failures) {
    test(`that ${name}`, async () => {
      const error = await refusal(runExecPlugin(exec(), {}, { env: process.env }));
      assert.match(error.message, message);
      assert.match(error.remedy ?? "", remedy ?? /^$/);
    });
  }

  test("that takes too long is ended, with what it said", async () => {
    const error = await refusal(runExecPlugin(plugin("hang"), {}, { env: process.env, timeoutMs: 400 }));
    assert.match(error.message, /took longer than \d+ seconds/);
  });

  test("has answered when it ends, whatever it has left behind", async () => {
    const startedMs = performance.now();
    const { token } = await runExecPlugin(plugin("leave-child"), {}, { env: process.env });
    assert.equal(token, "x");
    const error = await refusal(runExecPlugin(plugin("hang-with-child"), {}, { env: process.env, timeoutMs: 2_000 }));
    assert.match(error.message, /took longer than .* It said: Öffnen Sie https:\/\/example\.com$/s);
    assert.ok(performance.now() - startedMs < 10_000, "it has waited for the child");
  });

  test("is ended with the signal", async () => {
    const abort = new AbortController();
    const running = runExecPlugin(plugin("hang"), {}, { env: process.env, signal: abort.signal });
    abort.abort();
    await assert.rejects(running, isAbort);
  });
});

test("what a plugin asks its user for is told while it waits, and only then", async () => {
  await using server = await FakeApi.start((_request, response) => json(response, { items: [] }), tlsFixture("server"));
  const release = path.join(folder, "release");
  const user = { exec: plugin("ask", { env: [{ name: "RELEASE", value: release }] }) };
  const api = new KubeApi(accessTo(server.url, user, { "certificate-authority": fixture("tls/ca.crt") }), process.env);
  const nodes = collections(api).nodes();
  const reasons: (string | undefined)[] = [];
  const { promise: isLive, resolve } = Promise.withResolvers<void>();
  const subscription = nodes.onDidChange(({ status: now }) => {
    const { reason } = watchTrouble(now) ?? {};
    if (reason !== reasons.at(-1)) reasons.push(reason);
    if (reason?.endsWith("(code 2)")) writeFileSync(release, "");
    if (now.kind === "live") resolve();
  });
  await isLive;
  subscription.dispose();
  api.dispose();
  const command = process.execPath;
  assert.deepEqual(reasons, [
    `Signing in to the cluster with ${command}: Open https://example.com/login`,
    `Signing in to the cluster with ${command}: Open https://example.com/login\n(code 2)`,
    undefined,
  ]);
});

describe("credentials", () => {
  test("one run of the plugin is enough for all who ask", async () => {
    const credentials = source({ exec: plugin("token") });
    const all = await Promise.all([1, 2, 3].map(() => credentials.get(undefined)));
    assert.deepEqual(new Set(all.map(({ authorization }) => authorization)), new Set(["Bearer token-1-"]));
    await credentials.get(undefined);
    assert.equal(runs(), 1);
  });

  test("the plugin runs again when its answer has expired, or was refused", async () => {
    const expiring = source({ exec: plugin("expired") });
    assert.equal((await expiring.get(undefined)).authorization, "Bearer token-1");
    assert.equal((await expiring.get(undefined)).authorization, "Bearer token-2");
    const lasting = source({ exec: plugin("token") });
    assert.equal(lasting.renew(await lasting.get(undefined)), true);
    assert.equal((await lasting.get(undefined)).authorization, "Bearer token-4-");
  });

  test("the plugin runs once for all who were refused, and not again soon when its new answer is refused, too", async () => {
    const credentials = source({ exec: plugin("token") });
    const refused = await Promise.all([1, 2, 3].map(async () => credentials.get(undefined)));
    for (const one of refused) assert.equal(credentials.renew(one), true);
    const renewed = await Promise.all(refused.map(async () => credentials.get(undefined)));
    assert.equal(runs(), 2);
    for (const one of renewed) assert.equal(credentials.renew(one), false);
    assert.equal((await credentials.get(undefined)).authorization, "Bearer token-2-");
  });

  test("what the kubeconfig holds itself cannot be renewed, but for a file", async () => {
    const fixed = source({ token: "static" });
    assert.equal(fixed.renew(await fixed.get(undefined)), false);
  });

  test("the plugin runs again after it has failed", async () => {
    const credentials = source({ exec: plugin("fail") });
    await refusal(credentials.get(undefined));
    await refusal(credentials.get(undefined));
    assert.equal(runs(), 2);
  });

  test("one who gives up does not take the answer from the others", async () => {
    const credentials = source({ exec: plugin("token") });
    const abort = new AbortController();
    const first = credentials.get(abort.signal);
    const second = credentials.get(undefined);
    abort.abort();
    await assert.rejects(first, isAbort);
    assert.equal((await second).authorization, "Bearer token-1-");
  });

  test("what stands in the kubeconfig wins over the plugin", async () => {
    const credentials = source({ token: "static", exec: plugin("token") });
    assert.equal((await credentials.get(undefined)).authorization, "Bearer static");
  });

  test("a token file wins over the token, and is read each time", async () => {
    const tokenFile = path.join(folder, "token");
    const credentials = source({ token: "old", tokenFile });
    writeFileSync(tokenFile, "one\n");
    assert.equal((await credentials.get(undefined)).authorization, "Bearer one");
    writeFileSync(tokenFile, "two");
    assert.equal((await credentials.get(undefined)).authorization, "Bearer two");
  });

  test("an OIDC token is used while it lasts", async () => {
    const lasting = idToken(Date.now() / 1000 + 1000);
    assert.equal((await source(oidc(lasting)).get(undefined)).authorization, `Bearer ${lasting}`);
    const error = await refusal(source(oidc(idToken(1000))).get(undefined));
    assert.equal(error.message, "The sign-in to the cluster has expired.");
    const gone = await refusal(source({ "auth-provider": { name: "gcp" } }).get(undefined));
    assert.match(gone.message, /"gcp" of the kubeconfig is no longer supported/);
  });
});

test("a refused token is renewed once, and the request repeated", async () => {
  await using server = await FakeApi.start((request, response) => {
    if (request.headers.authorization === "Bearer token-2-") json(response, { ok: true });
    else status(response, 401, "Unauthorized", "Unauthorized");
  }, tlsFixture("server"));
  const cluster = { "certificate-authority": fixture("tls/ca.crt") };
  const api = new KubeApi(accessTo(server.url, { exec: plugin("token") }, cluster), process.env);
  assert.deepEqual(await api.request("GET", "/api"), { ok: true });
  assert.equal(server.requests.length, 2);
  api.dispose();
});
