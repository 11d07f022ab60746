import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, test } from "node:test";
import { KubeApi } from "../../../src/core/cluster/api.ts";
import { explain } from "../../../src/core/cluster/explain.ts";
import type { Stanza } from "../../../src/core/cluster/kubeconfigFile.ts";
import { accessTo, FakeApi, fixture, json, tlsFixture } from "./fakeApi.ts";

const opened: KubeApi[] = [];
afterEach(() => {
  for (const api of opened.splice(0)) api.dispose();
});

function connect(server: string, options: { user?: Stanza; cluster?: Stanza }): KubeApi {
  const api = new KubeApi(accessTo(server, options.user, options.cluster), {});
  opened.push(api);
  return api;
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.fail("should have failed"),
    (error: unknown) => (error instanceof Error ? error : assert.fail(String(error))),
  );
}

describe("signing in and trust", () => {
  const ca = { "certificate-authority": fixture("tls/ca.crt") };

  test("a token, and impersonation, over a connection that is trusted", async () => {
    await using server = await FakeApi.start((_request, response) => json(response, {}), tlsFixture("server"));
    const user = { token: "secret", as: "boss", "as-groups": ["a", "b"] };
    await connect(server.url, { user, cluster: ca }).request("GET", "/api");
    const { headers } = server.requests[0] ?? assert.fail();
    assert.equal(headers.authorization, "Bearer secret");
    assert.equal(headers["impersonate-user"], "boss");
    assert.equal(headers["impersonate-group"], "a, b");
  });

  test("user name and password", async () => {
    await using server = await FakeApi.start((_request, response) => json(response, {}), tlsFixture("server"));
    await connect(server.url, { user: { username: "u", password: "p" }, cluster: ca }).request("GET", "/api");
    assert.equal(server.requests[0]?.headers.authorization, "Basic dTpw");
  });

  test("a client certificate", async () => {
    const tls = {
      ...tlsFixture("server"),
      ca: tlsFixture("server").cert,
      requestCert: true,
      rejectUnauthorized: false,
    };
    const subjects: unknown[] = [];
    await using server = await FakeApi.start((_request, response) => {
      subjects.push(
        (response.socket as unknown as { getPeerCertificate(): { subject: unknown } }).getPeerCertificate().subject,
      );
      json(response, {});
    }, tls);
    const user = { "client-certificate": fixture("tls/client.crt"), "client-key": fixture("tls/client.key") };
    await connect(server.url, { user, cluster: ca }).request("GET", "/api");
    assert.deepEqual({ ...(subjects[0] as object) }, { CN: "tester" });
  });

  test("says which file cannot be read", async () => {
    await using server = await FakeApi.start((_request, response) => json(response, {}), tlsFixture("server"));
    const missing = connect(server.url, { user: { tokenFile: fixture("tls/none") }, cluster: ca });
    assert.match((await failure(missing.request("GET", "/api"))).message, /names a file that cannot be read: ENOENT/);
  });

  test("an authority whose file is replaced is read again", async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), "trust-")), "ca.crt");
    copyFileSync(fixture("tls/client.crt"), file);
    await using server = await FakeApi.start((_request, response) => json(response, {}), tlsFixture("server"));
    const api = connect(server.url, { cluster: { "certificate-authority": file } });
    assert.match((await failure(api.request("GET", "/api"))).message, /certificate/);
    copyFileSync(fixture("tls/ca.crt"), file);
    await api.request("GET", "/api");
    rmSync(path.dirname(file), { recursive: true });
  });

  const distrusted = [
    {
      name: "a foreign authority",
      tls: "server",
      cluster: {},
      words: /is not signed by the kubeconfig's authority/,
    },
    { name: "an expired certificate", tls: "expired", cluster: ca, words: /has expired/ },
    { name: "a certificate for another name", tls: "othername", cluster: ca, words: /made out to another name/ },
  ];
  for (const { name, tls, cluster, words } of distrusted) {
    test(`refuses ${name}`, async () => {
      await using server = await FakeApi.start((_request, response) => json(response, {}), tlsFixture(tls));
      const error = await failure(connect(server.url, { cluster }).request("GET", "/api"));
      assert.match(explain(error, accessTo(server.url).context).message, words);
      assert.equal(server.requests.length, 0);
    });
  }

  test("takes the name to expect, and may be told not to look", async () => {
    await using server = await FakeApi.start((_request, response) => json(response, {}), tlsFixture("othername"));
    await connect(server.url, { cluster: { ...ca, "tls-server-name": "elsewhere.example.com" } }).request(
      "GET",
      "/api",
    );
    await connect(server.url, { cluster: { "insecure-skip-tls-verify": true } }).request("GET", "/api");
    assert.equal(server.requests.length, 2);
  });
});
