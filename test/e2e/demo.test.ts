import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { execa, type ResultPromise } from "execa";
import { labEnv } from "../cluster/paths.ts";
import { kubectl } from "../cluster/processes.ts";
import { labStatus } from "../cluster/status.ts";
import { marker, processesWith } from "../demo/processes.ts";
import { Stage } from "../demo/stage.ts";

const program = path.join(import.meta.dirname, "../demo/demo.ts");
const app = `demo-test-${process.pid}`;

describe("the demo", { timeout: 300_000 }, () => {
  let demo: ResultPromise<{ readonly reject: false; readonly stderr: "inherit" }>;
  let stage: Stage;

  before(async () => {
    assert.equal((await labStatus()).state, "up", "These tests need the lab: npm run lab -- up");
    demo = execa(process.execPath, [program], { reject: false, stderr: "inherit" });
  });

  after(async () => {
    demo?.kill();
    await demo;
  });

  it("prints the address of a VS Code with the sample project", async () => {
    const url = await address();
    // VS Code takes the token of the address, and goes on with a cookie.
    const { status, headers } = await fetch(url, { redirect: "manual" });
    assert.equal(status, 302);
    assert.match(headers.get("set-cookie") ?? "", /vscode-tkn=/);
    stage = new Stage(path.dirname(new URL(url).searchParams.get("folder") ?? ""));
    assert.ok(existsSync(path.join(stage.project, "Dockerfile")));
  });

  it("leaves nothing behind on Ctrl-C: no builder, no process, no file", async () => {
    await buildx("create", "--name", app, "--node", app, "--driver=kubernetes", "--driver-opt=namespace=default");
    // In the middle of its start, which buildx would wait for half a minute.
    const starting = buildx("inspect", "--bootstrap", app);
    await kubectl("wait", "--for=create", `deployment/${app}`, "-n", "default", "--timeout=60s");
    starting.kill();
    await assert.rejects(starting);
    assert.ok(processesWith(marker, stage.dir).length > 1);
    demo.kill("SIGINT");
    assert.equal((await demo).exitCode, 0);
    assert.equal(await objects(), "");
    assert.deepEqual(processesWith(marker, stage.dir), []);
    assert.ok(!existsSync(stage.dir));
  });

  /** What it prints on stdout, which is the address; fails when it ends before. */
  async function address(): Promise<string> {
    const [text] = await Promise.race([once(demo.stdout, "data"), once(demo.stdout, "end")]);
    return String(text);
  }

  /** As somebody does in the terminal of the demo's VS Code. */
  function buildx(...args: readonly string[]): ResultPromise {
    return execa("docker-buildx", args, { env: { ...labEnv(), BUILDX_CONFIG: stage.buildxDir } });
  }
});

async function objects(): Promise<string> {
  const { stdout } = await kubectl("get", "deployments,pods", "-n", "default", "-l", `app=${app}`, "-o", "name");
  return stdout;
}
