import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { describe, test } from "node:test";
import { KubeApi } from "../../../src/core/cluster/api.ts";
import { explain } from "../../../src/core/cluster/explain.ts";
import { proxyFor } from "../../../src/core/cluster/http/proxy.ts";
import { accessTo, FakeApi, fixture, json, tlsFixture } from "./fakeApi.ts";

describe("which proxy", () => {
  const proxy = "http://proxy.example.com:3128";
  const cases: readonly {
    server: string;
    env: NodeJS.ProcessEnv;
    kubeconfig?: string;
    expected: string | undefined;
  }[] = [
    { server: "https://k8s.example.com", env: {}, expected: undefined },
    { server: "https://k8s.example.com", env: { HTTPS_PROXY: proxy }, expected: proxy },
    { server: "https://k8s.example.com", env: { https_proxy: "proxy.example.com:3128" }, expected: proxy },
    { server: "https://k8s.example.com", env: { HTTP_PROXY: proxy }, expected: undefined },
    { server: "http://k8s.example.com", env: { HTTP_PROXY: proxy }, expected: proxy },
    {
      server: "https://k8s.example.com",
      env: { HTTPS_PROXY: proxy },
      kubeconfig: "socks5://localhost:1080",
      expected: "socks5://localhost:1080",
    },
    {
      server: "https://k8s.example.com",
      env: { HTTPS_PROXY: proxy, NO_PROXY: "*" },
      kubeconfig: proxy,
      expected: proxy,
    },
    { server: "https://localhost:6443", env: { HTTPS_PROXY: proxy }, expected: undefined },
    { server: "https://127.0.0.1:6443", env: { HTTPS_PROXY: proxy }, expected: undefined },
    { server: "https://[::1]:6443", env: { HTTPS_PROXY: proxy }, expected: undefined },
  ];
  for (const { server, env, kubeconfig, expected } of cases) {
    test(`${server} with ${JSON.stringify({ ...env, kubeconfig })}`, () => {
      assert.equal(proxyFor(new URL(server), kubeconfig, env)?.href.replace(/\/$/, ""), expected);
    });
  }

  const exemptions: readonly [noProxy: string, server: string, isExempt: boolean][] = [
    ["*", "https://k8s.example.com", true],
    ["example.com", "https://k8s.example.com", true],
    ["example.com", "https://example.com", true],
    ["ample.com", "https://k8s.example.com", false],
    [".example.com", "https://k8s.example.com", true],
    [".example.com", "https://example.com", false],
    ["*.example.com", "https://k8s.example.com", true],
    [" other.org , K8S.example.com ", "https://k8s.example.com", true],
    ["k8s.example.com:443", "https://k8s.example.com", true],
    ["k8s.example.com:6443", "https://k8s.example.com", false],
    ["10.0.0.0/8", "https://10.1.2.3:6443", true],
    ["10.0.0.0/8", "https://11.1.2.3:6443", false],
    ["10.1.2.3", "https://10.1.2.3:6443", true],
    ["10.1.2.3:6443", "https://10.1.2.3:6443", true],
    ["10.0.0.0/8", "https://k8s.example.com", false],
    ["fd00::/8", "https://[fd12::1]:6443", true],
    ["fd00::1", "https://[fd00::1]", true],
    ["[fd00::1]:443", "https://[fd00::1]", true],
    ["10.0.0.0/8 192.168.0.0/16", "https://10.1.2.3:6443", false],
    ["10.0.0.0/40,10.1.2.3", "https://10.1.2.3:6443", true],
    ["", "https://k8s.example.com", false],
  ];
  for (const [noProxy, server, isExempt] of exemptions) {
    test(`NO_PROXY=${noProxy} ${isExempt ? "exempts" : "does not exempt"} ${server}`, () => {
      const found = proxyFor(new URL(server), undefined, { HTTPS_PROXY: proxy, NO_PROXY: noProxy });
      assert.equal(found === undefined, isExempt);
    });
  }
});

describe("through a proxy", () => {
  const ca = { "certificate-authority": fixture("tls/ca.crt") };

  for (const kind of ["http", "socks5"] as const) {
    test(`${kind}, with its password, keeping the connection`, async () => {
      await using api = await FakeApi.start((_request, response) => json(response, { ok: true }), tlsFixture("server"));
      await using proxy = await startProxy(kind, "user:p%40ss");
      const cluster = { ...ca, "proxy-url": `${kind}://user:p%40ss@127.0.0.1:${proxy.port}` };
      const client = new KubeApi(accessTo(api.url, { token: "t" }, cluster), {});
      for (let index = 0; index < 2; index += 1) assert.deepEqual(await client.request("GET", "/api"), { ok: true });
      assert.deepEqual(proxy.targets, [`127.0.0.1:${api.port}`]);
      client.dispose();
    });

    test(`${kind}, to a server without TLS`, async () => {
      await using api = await FakeApi.start((_request, response) => json(response, { ok: true }));
      await using proxy = await startProxy(kind);
      const client = new KubeApi(accessTo(api.url, {}, { "proxy-url": `${kind}://127.0.0.1:${proxy.port}` }), {}, 500);
      assert.deepEqual(await client.request("GET", "/api"), { ok: true });
      client.dispose();
    });

    test(`${kind}, that wants another password`, async () => {
      await using proxy = await startProxy(kind, "user:right");
      const words = await failure(`${kind}://user:wrong@127.0.0.1:${proxy.port}`);
      assert.match(words, /the proxy 127\.0\.0\.1:\d+ on the way to 10\.0\.0\.1:6443: .*(407|Authentication failed)/);
    });
  }

  test("that is not there", async () => {
    await using proxy = await startProxy("http");
    const { port } = proxy;
    await proxy[Symbol.asyncDispose]();
    for (const kind of ["http", "socks5"]) {
      assert.match(
        await failure(`${kind}://127.0.0.1:${port}`),
        /nothing listens at 127\.0\.0\.1:\d+ \(connection refused\)/,
      );
    }
  });

  test("whose address is none", async () => {
    assert.match(await failure("not a proxy"), /no valid address: not a proxy$/);
    assert.match(await failure("http://user:pa/s@s w@proxy:1"), /no valid address: http:\/\/…@proxy:1$/);
  });

  test("that nobody knows how to use", async () => {
    assert.match(await failure("ftp://127.0.0.1:1"), /unknown kind of proxy: ftp:/);
  });
});

async function failure(proxyUrl: string): Promise<string> {
  const access = accessTo("https://10.0.0.1:6443", {}, { "proxy-url": proxyUrl });
  try {
    await new KubeApi(access, {}).request("GET", "/api");
  } catch (error) {
    return explain(error, access.context).message;
  }
  assert.fail("should have failed");
}

interface TestProxy extends AsyncDisposable {
  readonly port: number;
  /** Where connections were made to. */
  readonly targets: readonly string[];
}

async function startProxy(kind: "http" | "socks5", password = ""): Promise<TestProxy> {
  const targets: string[] = [];
  const server = kind === "http" ? httpProxy(password, targets) : socksProxy(password, targets);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    targets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function join(client: Socket, host: string, port: number, greeting: Buffer | string): void {
  const upstream = connect(port, host, () => {
    client.write(greeting);
    client.pipe(upstream).pipe(client);
  });
  upstream.on("error", () => client.destroy());
  client.on("error", () => upstream.destroy());
}

function httpProxy(password: string, targets: string[]): Server {
  const server = createHttpServer();
  server.on("connect", (request, client: Socket) => {
    const given = request.headers["proxy-authorization"]?.replace("Basic ", "") ?? "";
    if (Buffer.from(given, "base64").toString() !== decodeURIComponent(password)) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    targets.push(request.url ?? "");
    const [host = "", port] = (request.url ?? "").split(":");
    join(client, host, Number(port), "HTTP/1.1 200 Connection established\r\n\r\n");
  });
  return server;
}

function socksProxy(password: string, targets: string[]): Server {
  return createServer((client) => {
    const steps = [
      (): void => void client.write(Buffer.from([5, password === "" ? 0 : 2])),
      ...(password === ""
        ? []
        : [
            (data: Buffer): void => {
              const nameLength = data[1] ?? 0;
              const given = `${data.subarray(2, 2 + nameLength).toString()}:${data.subarray(3 + nameLength).toString()}`;
              client.write(Buffer.from([1, given === decodeURIComponent(password) ? 0 : 1]));
            },
          ]),
      (data: Buffer): void => {
        // A name with its length, or an IPv4 address.
        const [start, end] = data[3] === 3 ? [5, 5 + (data[4] ?? 0)] : [4, 8];
        const bytes = data.subarray(start, end);
        const host = data[3] === 3 ? bytes.toString() : bytes.join(".");
        const port = data.readUInt16BE(end);
        targets.push(`${host}:${port}`);
        join(client, host, port, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      },
    ];
    const next = (data: Buffer): void => {
      const step = steps.shift();
      if (steps.length === 0) client.off("data", next);
      step?.(data);
    };
    client.on("data", next);
    client.on("error", () => client.destroy());
  });
}
