import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import type { BuildRun } from "../../src/core/build/run.ts";
import type { BuildSnapshot } from "../../src/core/build/snapshot.ts";
import type { Builder } from "../../src/core/buildx/builder.ts";
import type { BuildOutput } from "../../src/core/buildx/buildRequest.ts";
import { processesWith } from "../demo/processes.ts";
import { labBlockers } from "./blockers.ts";
import { deleteNamespace, LabBuilders, reached } from "./labBuilders.ts";
import { labAddress, labRegistry } from "./paths.ts";
import { kubectl } from "./processes.ts";

const blockers = process.env["CI"] ? [] : labBlockers();

/** The longest from the wish to the end. */
const longestMs = 2_000;

/** A registry that takes connections and says nothing. */
class SilentRegistry {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
  });

  async listen(): Promise<void> {
    this.#server.listen(0, labAddress);
    await once(this.#server, "listening");
  }

  get address(): string {
    return `${labAddress}:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

describe("a build that is cancelled", { skip: blockers.join("; ") || false }, () => {
  const lab = new LabBuilders();
  const wanted = lab.wish("cancel", { architectures: ["amd64"] });
  const silent = new SilentRegistry();
  let builder: Builder;
  before(async () => {
    await lab.up();
    await silent.listen();
    builder = await lab.create(wanted);
  });
  after(async () => {
    await silent.close();
    await lab.remove(builder);
    await deleteNamespace(wanted.namespace);
    await lab.dispose();
  });

  const isShared =
    (name: RegExp) =>
    ({ shared }: BuildSnapshot): boolean =>
      shared.some((step) => step.state === "running" && name.test(step.name));

  it("while it waits for its base image", async () => {
    const run = newBuild("pull", `FROM ${silent.address}/base:1\nRUN true\n`);
    await cancelWhen(run, isShared(/load metadata for/));
  });

  it("in a step", async () => {
    const run = newBuild("step", `FROM ${labRegistry}/base:1\nRUN echo begun && sleep 654\n`);
    await cancelWhen(run, ({ rows }) => rows.some(({ cells }) => cells.some((cell) => cell?.hasLog)));
    assert.match(run.output(), /^begun$/m);
    const { stdout } = await kubectl("exec", "-n", wanted.namespace, `deploy/${wanted.name}-amd64`, "--", "ps");
    assert.match(stdout, /buildkitd/);
    assert.doesNotMatch(stdout, /sleep 654/);
  });

  it("while it writes its files", async () => {
    const dockerfile = `FROM ${labRegistry}/base:1\nRUN head -c 800m /dev/urandom > /large\n`;
    const run = newBuild("export", dockerfile, { kind: "folder", path: path.join(lab.dir, "export-out") });
    await cancelWhen(run, isShared(/exporting to client/));
  });

  it("while it pushes", async () => {
    const reference = `${silent.address}/app:1`;
    const run = newBuild("push", `FROM ${labRegistry}/base:1\nRUN true\n`, { kind: "push", reference });
    await cancelWhen(run, isShared(/exporting to image|pushing/));
  });

  it("while it waits for its builder to start", async () => {
    const name = `boots-${process.pid}`;
    const options = "namespace=default,timeout=60s,nodeselector=example.com/disk=ssd";
    const flags = ["--driver=kubernetes", `--node=${name}`, "--platform=linux/amd64", `--driver-opt=${options}`];
    await lab.deps.cli.run(["create", `--name=${name}`, ...flags]);
    const starting = await lab.find(name);
    const run = lab.build(starting, "boot", "FROM scratch\nCOPY Dockerfile /\n");
    await cancelWhen(run, isShared(/booting buildkit/));
    await lab.remove(starting);
  });

  it("and the next one works", async () => {
    const run = newBuild("next", `FROM ${labRegistry}/base:1\nRUN true\n`);
    await run.start();
    assert.equal(run.state, "done");
  });

  function newBuild(name: string, dockerfile: string, output?: BuildOutput): BuildRun {
    return lab.build(builder, name, dockerfile, output);
  }

  async function cancelWhen(run: BuildRun, isTime: (snapshot: BuildSnapshot) => boolean): Promise<void> {
    const time = reached(run, isTime);
    const ended = run.start();
    await time;
    const canceledMs = performance.now();
    run.cancel();
    await ended;
    const tookMs = Math.round(performance.now() - canceledMs);
    assert.ok(tookMs < longestMs, `it took ${tookMs} ms`);
    const { head, rows, lanes } = run.snapshot();
    assert.equal(head.state, "canceled");
    assert.ok([...lanes, ...rows.flatMap(({ cells }) => cells)].every((timing) => timing?.state !== "running"));
    const { deps } = lab;
    assert.deepEqual(processesWith("BUILDX_CONFIG", deps.env["BUILDX_CONFIG"] ?? ""), []);
  }
});
