import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { ApiError, RequestTimeout } from "../../../src/core/cluster/apiError.ts";
import { explain } from "../../../src/core/cluster/explain.ts";
import { isAbort } from "../../../src/core/errors.ts";
import { closeAll, connect, failure } from "./connect.ts";
import { accessTo, FakeApi, json, type Protocol, status, tlsFixture } from "./fakeApi.ts";

afterEach(closeAll);

test("sends no token over an unprotected connection", async () => {
  await using server = await FakeApi.start((_request, response) => json(response, {}));
  await connect(server.url, { token: "secret" }).request("GET", "/api");
  assert.equal(server.requests[0]?.headers.authorization, undefined);
});

test("takes another connection when one has as many requests as the server allows", async () => {
  const limits = { ...tlsFixture("server"), settings: { maxConcurrentStreams: 2 } };
  await using server = await FakeApi.start(
    ({ url }, response) => (url.searchParams.has("watch") ? response.flushHeaders() : json(response, {})),
    limits,
    "h2",
  );
  const api = connect(server.url);
  await api.request("GET", "/api");
  const abort = new AbortController();
  const watches = [1, 2, 3].map(async () => api.watch("/api/v1/nodes", { signal: abort.signal }));
  await Promise.all(watches);
  await api.request("GET", "/api", { timeoutMs: 2_000 });
  assert.ok(server.connections >= 2);
  abort.abort();
});

for (const protocol of ["http", "https", "h2"] as const) {
  describe(protocol, () => suite(protocol));
}

function suite(protocol: Protocol): void {
  const serve = async (handler?: FakeApi["handler"]): Promise<FakeApi> =>
    FakeApi.start(handler, tlsFixture("server"), protocol);

  describe("requests", () => {
    test("sends a body and a query, and parses the answer", async () => {
      await using server = await serve((_request, response) => json(response, { made: true }, 201));
      const answer = await connect(server.url).request("PATCH", "/api/v1/namespaces/x", {
        query: { limit: 5, labelSelector: "app in (a,b)", absent: undefined },
        body: { name: "ü" },
        contentType: "application/json-patch+json",
      });
      assert.deepEqual(answer, { made: true });
      const [request] = server.requests;
      assert.equal(request?.method, "PATCH");
      assert.equal(request?.url.searchParams.get("labelSelector"), "app in (a,b)");
      assert.equal(request?.url.searchParams.has("absent"), false);
      assert.equal(request?.headers["content-type"], "application/json-patch+json");
      assert.deepEqual(JSON.parse(request?.body ?? ""), { name: "ü" });
    });

    test("keeps the path of a server behind a gateway", async () => {
      await using server = await serve((_request, response) => json(response, {}));
      await connect(`${server.url}/k8s/clusters/c-1/`).request("GET", "/api/v1/nodes");
      assert.equal(server.requests[0]?.url.pathname, "/k8s/clusters/c-1/api/v1/nodes");
    });

    test("uses one connection for requests one after the other", async () => {
      await using server = await serve((_request, response) => json(response, {}));
      const api = connect(server.url);
      for (let index = 0; index < 3; index += 1) await api.request("GET", "/api/v1/nodes");
      assert.equal(server.connections, 1);
    });

    test("takes another connection when a kept one was closed meanwhile", async () => {
      await using server = await serve((_request, response) => {
        // The second request is answered by closing the connection that the first had left open.
        if (server.requests.length === 2) server.cut();
        else json(response, { connection: server.connections });
      });
      const api = connect(server.url);
      assert.deepEqual(await api.request("GET", "/api"), { connection: 1 });
      assert.deepEqual(await api.request("GET", "/api"), { connection: 2 });
    });

    if (protocol === "h2")
      test("asks once more when a new connection is closed before it has answered", async () => {
        await using server = await serve((_request, response) => {
          if (server.requests.length === 1) server.cut();
          else json(response, { connection: server.connections });
        });
        assert.deepEqual(await connect(server.url).request("GET", "/api"), { connection: 2 });
      });

    test("does not repeat what may have been done", async () => {
      await using server = await serve((request, response) => {
        if (request.method === "POST") server.cut();
        else json(response, {});
      });
      const api = connect(server.url);
      await api.request("GET", "/api");
      const error = await failure(api.request("POST", "/api", { body: {} }));
      assert.match(explain(error, accessTo(server.url).context).message, /has closed the connection\.$/);
      assert.equal(server.requests.length, 2);
    });

    test("reads compressed answers", async () => {
      await using server = await serve((request, response) => {
        assert.equal(request.headers["accept-encoding"], "gzip");
        response.writeHead(200, { "content-encoding": "gzip" });
        response.end(gzipSync(JSON.stringify({ metadata: { resourceVersion: "7", continue: "more" }, items: [1] })));
      });
      assert.deepEqual(await connect(server.url).listPage("/api/v1/nodes"), {
        items: [1],
        resourceVersion: "7",
        next: "more",
      });
    });

    test("takes a list without items for an empty one", async () => {
      await using server = await serve((_request, response) =>
        json(response, { metadata: { resourceVersion: "7", continue: "" }, items: null }),
      );
      assert.deepEqual(await connect(server.url).listPage("/api/v1/nodes"), {
        items: [],
        resourceVersion: "7",
        next: undefined,
      });
    });
  });

  describe("refusals", () => {
    test("carry the server's Status", async () => {
      await using server = await serve((_request, response) => status(response, 409, "Conflict", "was changed"));
      const error = await failure(connect(server.url).request("PUT", "/api/v1/nodes/n", { body: {} }));
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.reason, error.message], [409, "Conflict", "was changed"]);
    });

    test("carry the text of whoever answers instead of the server", async () => {
      await using server = await serve((_request, response) => response.writeHead(502).end("<html>bad gateway"));
      const error = await failure(connect(server.url).request("GET", "/api"));
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.message], [502, "<html>bad gateway"]);
    });

    test("an answer that is no JSON is an error", async () => {
      await using server = await serve((_request, response) => response.end("<html>sign in"));
      const error = await failure(connect(server.url).request("GET", "/api"));
      assert.equal(
        explain(error, accessTo(server.url).context).message.split(": ")[1],
        `127.0.0.1:${server.port} gave no valid answer.`,
      );
    });
  });

  describe("nothing hangs", () => {
    test("a server that does not answer", async () => {
      await using server = await serve(() => undefined);
      const error = await failure(connect(server.url).request("GET", "/api", { timeoutMs: 30 }));
      assert.ok(error instanceof RequestTimeout);
      assert.equal(error.phase, "answer");
    });

    test("a server that stops in the middle of an answer", async () => {
      await using server = await serve((_request, response) => void response.write('{"items": ['));
      const error = await failure(connect(server.url).request("GET", "/api", { timeoutMs: 30 }));
      assert.ok(error instanceof RequestTimeout);
    });

    test("a port that takes connections and does not speak TLS", async () => {
      await using silent = await silentServer();
      const error = await failure(
        connect(`https://127.0.0.1:${silent.port}`, { connectTimeoutMs: 30 }).request("GET", "/api"),
      );
      assert.ok(error instanceof RequestTimeout);
      assert.equal(error.phase, "connect");
    });

    test("an aborted request", async () => {
      const abort = new AbortController();
      await using server = await serve(() => abort.abort());
      assert.ok(isAbort(await failure(connect(server.url).request("GET", "/api", { signal: abort.signal }))));
    });

    test("a request whose answer is aborted in the middle", async () => {
      const abort = new AbortController();
      await using server = await serve((_request, response) => void response.write('{"items": ['));
      const answer = failure(connect(server.url).request("GET", "/api", { signal: abort.signal }));
      await settle();
      abort.abort();
      assert.ok(isAbort(await answer));
    });

    test("a request that was aborted before", async () => {
      await using server = await serve();
      const signal = AbortSignal.abort();
      assert.ok(isAbort(await failure(connect(server.url).request("GET", "/api", { signal }))));
      assert.equal(server.requests.length, 0);
    });

    test("a request under way when the client is closed", async () => {
      await using server = await serve(() => closeAll());
      assert.match(
        (await failure(connect(server.url).request("GET", "/api"))).message,
        /socket hang up|aborted|was closed/,
      );
    });
  });
}

/** Lets what is under way on the loopback arrive. */
async function settle(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(() => setImmediate(() => setImmediate(resolve)));
  await promise;
}

async function silentServer(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server: Server = createServer((socket) => socket.resume());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
