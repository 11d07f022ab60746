import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { WatchEvent } from "../../../src/core/cluster/api.ts";
import { ApiError, RequestTimeout } from "../../../src/core/cluster/apiError.ts";
import { closeAll, connect, failure } from "./connect.ts";
import { event, FakeApi, tlsFixture } from "./fakeApi.ts";

afterEach(closeAll);

for (const protocol of ["http", "https", "h2"] as const) {
  const serve = async (handler: FakeApi["handler"]): Promise<FakeApi> =>
    FakeApi.start(handler, tlsFixture("server"), protocol);

  describe(`watches over ${protocol}`, () => {
    test("end when the server ends them", async () => {
      await using server = await serve((request, response) => {
        assert.equal(request.url.searchParams.get("watch"), "true");
        assert.equal(request.headers["accept-encoding"], undefined);
        event(response, "ADDED", { name: "a" });
        event(response, "BOOKMARK", { name: "b" });
        response.end();
      });
      assert.deepEqual(await collect(await connect(server.url).watch("/api/v1/nodes", {})), ["ADDED a", "BOOKMARK b"]);
    });

    test("are whole when they have ended before they are read", async () => {
      await using server = await serve((_request, response) => {
        event(response, "ADDED", { name: "a" });
        response.end();
      });
      const events = await connect(server.url).watch("/api/v1/nodes", {});
      await sleep(50); // As when somebody else keeps the process busy.
      assert.deepEqual(await collect(events), ["ADDED a"]);
    });

    test("throw when they were cut before they are read", async () => {
      await using server = await serve((_request, response) => {
        event(response, "ADDED", { name: "a" });
        setImmediate(() => server.cut());
      });
      const events = await connect(server.url).watch("/api/v1/nodes", {});
      await sleep(50);
      const error = await failure(collect(events));
      assert.ok("code" in error && error.code === "ECONNRESET", String(error));
    });

    test("understand lines however they are cut, even within a character", async () => {
      const text = Buffer.from(
        `${JSON.stringify({ type: "ADDED", object: { name: "Zürich" } })}\n\n{"type":"DELETED","object":{"name":"b"}}\n`,
      );
      await using server = await serve((_request, response) => {
        response.writeHead(200);
        const send = (at: number): void => {
          if (at >= text.length) response.end();
          else response.write(text.subarray(at, at + 1), () => send(at + 1));
        };
        send(0);
      });
      assert.deepEqual(await collect(await connect(server.url).watch("/api/v1/nodes", {})), [
        "ADDED Zürich",
        "DELETED b",
      ]);
    });

    test("take objects of megabytes", async () => {
      const name = "x".repeat(3_000_000);
      await using server = await serve((_request, response) => {
        event(response, "ADDED", { name });
        response.end();
      });
      assert.deepEqual(await collect(await connect(server.url).watch("/api/v1/nodes", {})), [`ADDED ${name}`]);
    });

    const breaks: readonly {
      name: string;
      end: (server: FakeApi, write: (text: string) => void) => void;
      check: (error: Error) => boolean;
    }[] = [
      {
        name: "a cut connection",
        end: (server) => server.cut(),
        check: (error) => "code" in error && error.code === "ECONNRESET",
      },
      { name: "garbage", end: (_server, write) => write("HTTP 500\n"), check: (error) => error instanceof SyntaxError },
      {
        name: "an old resource version",
        end: (_server, write) => write('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'),
        check: (error) => error instanceof ApiError && error.status === 410,
      },
      { name: "silence", end: () => undefined, check: (error) => error instanceof RequestTimeout },
    ];
    for (const { name, end, check } of breaks) {
      test(`throw on ${name}`, async () => {
        await using server = await serve((_request, response) => {
          event(response, "ADDED", { name: "a" });
          setImmediate(() => end(server, (text) => response.write(text)));
        });
        const events = await connect(server.url).watch("/api/v1/nodes", { timeoutMs: 50 });
        const seen: string[] = [];
        const error = await failure(
          (async () => {
            for await (const { type } of events) seen.push(type);
          })(),
        );
        assert.deepEqual(seen, ["ADDED"]);
        assert.ok(check(error), `${error.name}: ${error.message}`);
      });
    }

    test("close their connection when the loop is left", async () => {
      const closed = Promise.withResolvers<void>();
      await using server = await serve((_request, response) => {
        response.once("close", () => closed.resolve());
        event(response, "ADDED", { name: "a" });
      });
      for await (const { type } of await connect(server.url).watch("/api/v1/nodes", {})) {
        assert.equal(type, "ADDED");
        break;
      }
      await closed.promise;
    });
  });
}

async function collect(events: AsyncIterable<WatchEvent>): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const { type, object } of events) seen.push(`${type} ${String(object["name"])}`);
  return seen;
}
