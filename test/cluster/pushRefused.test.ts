import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { labBlockers } from "./blockers.ts";
import { deleteNamespace, LabBuilders } from "./labBuilders.ts";
import { labAddress, labBuildkitdConfig, labRegistry } from "./paths.ts";

const blockers = process.env["CI"] ? [] : labBlockers();

/** A registry that says no, in the words of the distribution specification. */
async function refusingRegistry(refuse: (response: ServerResponse) => void): Promise<Server> {
  const server = createServer((_request, response) => refuse(response));
  server.listen(0, labAddress);
  await once(server, "listening");
  return server;
}

const answer = (response: ServerResponse, status: number, code: string): void => {
  const challenge = status === 401 ? { "www-authenticate": 'Basic realm="registry"' } : {};
  response.writeHead(status, { "content-type": "application/json", ...challenge });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
};

const hostOf = (server: Server): string => `${labAddress}:${(server.address() as AddressInfo).port}`;

describe("a push that is refused", { skip: blockers.join("; ") || false }, () => {
  const lab = new LabBuilders();
  const wanted = lab.wish("push", { architectures: ["amd64"], buildkitdConfig: path.join(lab.dir, "push.toml") });
  const registries: Server[] = [];
  let builder: Builder;

  before(async () => {
    await lab.up();
    registries.push(
      await refusingRegistry((response) => answer(response, 401, "UNAUTHORIZED")),
      await refusingRegistry((response) => answer(response, 403, "DENIED")),
      await refusingRegistry((response) => answer(response, 500, "UNKNOWN")),
    );
    const plain = registries.slice(0, 2).map((server) => `[registry."${hostOf(server)}"]\n  http = true\n`);
    writeFileSync(wanted.buildkitdConfig ?? "", [readFileSync(labBuildkitdConfig, "utf8"), ...plain].join("\n"));
    builder = await lab.create(wanted);
  });

  after(async () => {
    for (const server of registries) server.close();
    if (builder) await lab.remove(builder);
    await deleteNamespace(wanted.namespace);
    await lab.dispose();
  });

  const cases: readonly (readonly [name: string, host: () => string, why: RegExp, advice: RegExp])[] = [
    [
      "without a sign-in",
      () => hostOf(registries[0] ?? assert.fail()),
      /does not allow it/,
      /docker login 10\.244\.1\.1:\d+/,
    ],
    [
      "without the right",
      () => hostOf(registries[1] ?? assert.fail()),
      /does not allow it/,
      /account that has the right/,
    ],
    [
      "by a registry of plain http",
      () => hostOf(registries[2] ?? assert.fail()),
      /speaks plain http/,
      /buildkitd\.toml/,
    ],
    [
      "by nobody",
      () => `${labAddress}:5999`,
      /was not reached from the builder’s pods/,
      /whether the cluster may reach it/,
    ],
  ];
  for (const [index, [name, host, why, advice]] of cases.entries())
    it(`${name}: says which registry, why, and what to do; the times stay`, async () => {
      const reference = `${host()}/app:1`;
      const dockerfile = `FROM ${labRegistry}/base:1\nRUN true\n`;
      const run = lab.build(builder, `push-${index}`, dockerfile, { kind: "push", reference });
      await run.start();
      const { head, rows } = run.snapshot();
      assert.equal(head.state, "failed");
      assert.match(head.failure?.what ?? "", why);
      assert.ok(head.failure?.what.includes(host()), head.failure?.what);
      assert.match(head.failure?.advice ?? "", advice);
      const step = rows.find(({ instruction }) => instruction === "RUN")?.cells[0];
      assert.equal(step?.state, "done");
      assert.ok((step?.durationMs ?? 0) > 0);
    });
});
