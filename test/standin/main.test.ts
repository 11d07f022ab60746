import assert from "node:assert/strict";
import { execa } from "execa";
import { existsSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { KubeApi } from "../../src/core/cluster/api.ts";
import { loadKubeconfig, selectContext } from "../../src/core/cluster/kubeconfig.ts";
import { runCommand } from "./controlCommands.ts";
import { Standin } from "./standin.ts";

const program = path.join(import.meta.dirname, "main.ts");

describe("the stand-in by hand", () => {
  test("serves, obeys, and leaves nothing behind", async () => {
    const running = execa(process.execPath, [program, "--nodes", "10", "--pods", "20", "--pod-mode", "ready"]);
    const lines = running.iterable()[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    assert.match(await next(), /^https:\/\/127\.0\.0\.1:\d+$/);
    const kubeconfig = (await next()).replace("export KUBECONFIG=", "");
    const client = new KubeApi(selectContext(await loadKubeconfig({ path: kubeconfig, env: {} }), undefined), {});
    assert.equal((await client.listPage("/api/v1/nodes")).items.length, 12);
    running.stdin.write("fault status code=503 retryAfter=5 resource=nodes count=1\n");
    assert.match(
      await next(),
      /^1\. \{"kind":"status","code":503,"retryAfter":5\} for \{"resource":"nodes","count":1\}/,
    );
    await assert.rejects(client.request("GET", "/api/v1/nodes"), { status: 503 });
    await client.request("GET", "/api/v1/nodes");
    running.kill("SIGINT");
    const { exitCode } = await running;
    assert.equal(exitCode, 0);
    assert.ok(!existsSync(path.dirname(kubeconfig)));
    client.dispose();
  });

  test("says what it does not understand", async () => {
    const { exitCode, stderr } = await execa(process.execPath, [program, "--nodes", "many"], { reject: false });
    assert.equal(exitCode, 2);
    assert.match(stderr, /^--nodes is a number\./);
    await using standin = await Standin.start();
    await assert.rejects(runCommand(standin, "fault slow"), { message: "The fault slow needs bytesPerSecond=…." });
    await assert.rejects(runCommand(standin, "fault tired"), {
      message: /^There is no fault tired; there are status,/,
    });
    await assert.rejects(runCommand(standin, "dance"), { message: /^There is no command dance/ });
  });

  test("switches faults and rights", async () => {
    await using standin = await Standin.start();
    assert.match(await runCommand(standin, "fault cut isWatch=true path=pods"), /"path":"pods"/);
    assert.equal(await runCommand(standin, "clear 1"), "no faults");
    await runCommand(standin, "deny list,watch nodes");
    const action = { verb: "list", group: "", resource: "nodes", namespace: undefined, name: "" };
    assert.equal(standin.access.isAllowed("admin", action), false);
    await runCommand(standin, "allow");
    assert.equal(standin.access.isAllowed("admin", action), true);
  });
});
