import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, test } from "node:test";
import { KubeApi } from "../../../src/core/cluster/api.ts";
import { deleteVolumeClaims } from "../../../src/core/cluster/volumeClaims.ts";
import { accessTo, event, FakeApi, forbid, json, list } from "./fakeApi.ts";

const never = new AbortController().signal;

/** The claims there are: the server keeps one that is deleted until the test lets it go, as Kubernetes does. */
let claims: Map<string, { readonly isGoing: boolean }>;
let onDelete: (name: string) => void;
let watcher: ServerResponse | undefined;
let server: FakeApi;
let api: KubeApi;

beforeEach(async () => {
  claims = new Map();
  watcher = undefined;
  onDelete = (name) => claims.delete(name);
  server = await FakeApi.start(({ method, url }, response) => {
    const name = url.pathname.split("/persistentvolumeclaims/")[1];
    if (method === "DELETE" && name !== undefined) {
      claims.set(name, { isGoing: true });
      onDelete(name);
      json(response, {});
    } else if (url.searchParams.has("watch")) {
      response.flushHeaders();
      watcher = response;
    } else list(response, [...claims.keys()].map(claim), "1");
  });
  api = new KubeApi(accessTo(server.url), {});
});

afterEach(async () => {
  api.dispose();
  await server[Symbol.asyncDispose]();
});

function claim(name: string): object {
  const deletionTimestamp = claims.get(name)?.isGoing ? "2026-01-01T00:00:00Z" : undefined;
  return { metadata: { name, deletionTimestamp, resourceVersion: "1" } };
}

const deletions = (): readonly string[] =>
  server.requests.flatMap(({ method, url }) => (method === "DELETE" ? (url.pathname.split("/").at(-1) ?? []) : []));

describe("deleting the volume claims of a builder", () => {
  beforeEach(() => {
    for (const name of ["cache-b-0", "cache-b-1", "old"]) claims.set(name, { isGoing: false });
  });

  test("leaves those that it is told to leave", async () => {
    await deleteVolumeClaims(api, "builds", ["b"], ["old"], never);
    assert.deepEqual(deletions(), ["cache-b-0", "cache-b-1"]);
    assert.deepEqual([...claims.keys()], ["old"]);
    assert.equal(server.requests[0]?.url.searchParams.get("labelSelector"), "app in (b)");
  });

  test("waits until they are gone", async () => {
    onDelete = () => undefined;
    let isDone = false;
    const deleting = deleteVolumeClaims(api, "builds", ["b"], ["old"], never).then(() => (isDone = true));
    await server.seen(5); // a list, two deletions, a list, the watch
    for (const name of ["cache-b-0", "cache-b-1"]) {
      assert.ok(!isDone);
      const object = claim(name);
      claims.delete(name);
      event(watcher ?? assert.fail(), "DELETED", object);
    }
    await deleting;
  });

  test("deletes one again that a StatefulSet's controller has made meanwhile", async () => {
    let isFirst = true;
    onDelete = (name) => {
      if (isFirst) claims.set(name, { isGoing: false });
      else claims.delete(name);
      isFirst = false;
    };
    await deleteVolumeClaims(api, "builds", ["b"], ["old"], never);
    assert.deepEqual(deletions(), ["cache-b-0", "cache-b-1", "cache-b-0"]);
    assert.deepEqual([...claims.keys()], ["old"]);
  });

  test("looks until they are gone where it may list and not watch", async () => {
    const { handler } = server;
    server.handler = (request, response) => {
      if (!request.url.searchParams.has("watch")) return handler(request, response);
      claims.delete("cache-b-0");
      claims.delete("cache-b-1");
      forbid(response, "watch", "persistentvolumeclaims");
    };
    onDelete = () => undefined;
    await deleteVolumeClaims(api, "builds", ["b"], ["old"], never);
    assert.deepEqual([...claims.keys()], ["old"]);
  });

  test("says what is not allowed", async () => {
    server.handler = ({ method }, response) =>
      method === "DELETE"
        ? forbid(response, "delete", "persistentvolumeclaims")
        : list(response, [claim("cache-b-0")], "1");
    await assert.rejects(deleteVolumeClaims(api, "builds", ["b"], [], never), {
      message: /^Not allowed to delete persistentvolumeclaims in namespace builds of cluster lab/,
    });
  });
});
