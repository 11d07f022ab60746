import assert from "node:assert/strict";
import { KubeApi } from "../../../src/core/cluster/api.ts";
import { accessTo, fixture } from "./fakeApi.ts";

const opened: KubeApi[] = [];

/** A client of that server, until {@link closeAll}. */
export function connect(server: string, options: { token?: string; connectTimeoutMs?: number } = {}): KubeApi {
  const access = accessTo(server, { token: options.token }, { "certificate-authority": fixture("tls/ca.crt") });
  const api = new KubeApi(access, {}, options.connectTimeoutMs);
  opened.push(api);
  return api;
}

/** What it fails with. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.fail("should have failed"),
    (error: unknown) => (error instanceof Error ? error : assert.fail(String(error))),
  );
}

/** Closes all clients; for `afterEach`. */
export function closeAll(): void {
  for (const api of opened.splice(0)) api.dispose();
}
