import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BuildxCli } from "../../../src/core/buildx/cli.ts";
import { isAbort, UserError } from "../../../src/core/errors.ts";
import { collect, fakeBuildx, gone, isAlive } from "./fakeBuildx.ts";

describe("BuildxCli.run", () => {
  it("gives both streams and the exit code, whatever it is", async () => {
    const cli = fakeBuildx([
      ["print", "name\n", "stdout"],
      ["print", "ERROR: no\n"],
      ["exit", 3],
    ]);
    const result = await cli.run(["create"]);
    assert.deepEqual(
      { ...result },
      { exitCode: 3, signal: undefined, wasCanceled: false, stdout: "name\n", stderr: "ERROR: no\n" },
    );
  });

  it("sets the environment that decides, and leaves the rest", async () => {
    const env = {
      DOCKER_DEFAULT_PLATFORM: "linux/386",
      BUILDX_BUILDER: "other",
      BUILDKIT_PROGRESS: "tty",
      BUILDX_EXPERIMENTAL: "1",
      KUBECONFIG: "/other",
      DOCKER_CONFIG: "/docker",
    };
    const cli = fakeBuildx([["tell"]], { env });
    const { stdout } = await cli.run(["inspect", "a b", "--x=\"'$(y)"], { kubeconfig: "/k", progress: "rawjson" });
    const told = JSON.parse(stdout) as { args: string[]; env: Record<string, string> };
    assert.deepEqual(told.args, ["inspect", "a b", "--x=\"'$(y)"]);
    const { PATH, FAKE_BUILDX, ...rest } = told.env;
    assert.ok(PATH && FAKE_BUILDX);
    assert.deepEqual(rest, { KUBECONFIG: "/k", DOCKER_CONFIG: "/docker", BUILDKIT_PROGRESS: "rawjson" });
  });

  it("tells the command line of what it starts", async () => {
    const cli = fakeBuildx([["exit", 0]]);
    const started: (readonly string[])[] = [];
    cli.onDidStart((args) => started.push(args));
    await cli.run(["version"]);
    assert.deepEqual(
      started.map((args) => args.slice(2)),
      [["version"]],
    );
  });

  it("says so when it does not end in time, and ends it", async () => {
    const cli = fakeBuildx([["hang"]], { graceMs: 1000 });
    await assert.rejects(
      cli.run(["inspect", "kube"], { timeoutMs: 300 }),
      (error) => error instanceof UserError && error.message.includes("buildx inspect kube"),
    );
  });

  it("throws an abort when it is cancelled, also before it has started", async () => {
    const cli = fakeBuildx([["hang"]]);
    await assert.rejects(cli.run(["ls"], { signal: AbortSignal.abort() }), isAbort);
    const abort = new AbortController();
    cli.onDidStart(() => setImmediate(() => abort.abort()));
    await assert.rejects(cli.run(["ls"], { signal: abort.signal }), isAbort);
  });

  it("ends what runs when it is disposed", async () => {
    const cli = fakeBuildx([["hang"]]);
    cli.onDidStart(() => setImmediate(() => cli.dispose()));
    await assert.rejects(cli.run(["ls"]), isAbort);
  });

  it("names the program that cannot be started", async () => {
    const cli = new BuildxCli(["/nowhere/docker-buildx"], {});
    await assert.rejects(cli.run(["version"]), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /\/nowhere\/docker-buildx/);
      assert.equal(error.action, "openSettings");
      return true;
    });
  });

  it("names the folder that does not exist", async () => {
    const cwd = join(mkdtempSync(join(tmpdir(), "cli-")), "gone");
    await assert.rejects(fakeBuildx([]).run(["ls"], { cwd }), (error) => String(error).includes(cwd));
  });
});

describe("BuildxCli.stream", () => {
  it("gives lines as they come and then the exit", async () => {
    const { lines, exit } = fakeBuildx([
      ["printInPieces", "erste Zeile äöü\nsecond\nlast", 3],
      ["exit", 1],
    ]).stream(["build"]);
    assert.deepEqual(await collect(lines), ["erste Zeile äöü", "second", "last"]);
    assert.deepEqual({ ...(await exit) }, { exitCode: 1, signal: undefined, wasCanceled: false });
  });

  it("gives lines of many megabytes whole", async () => {
    const { lines } = fakeBuildx([["printLong", 5_000_000]]).stream(["build"]);
    assert.deepEqual(
      (await collect(lines)).map((line) => line.length),
      [5_000_000],
    );
  });

  it("cancels with an interrupt, which buildx answers in its own way", async () => {
    const abort = new AbortController();
    const { lines, exit } = fakeBuildx([["onInterrupt", 1], ["print", "started\n"], ["hang"]]).stream(["build"], {
      signal: abort.signal,
    });
    const seen: string[] = [];
    for await (const line of lines) {
      seen.push(line);
      abort.abort();
    }
    assert.deepEqual(seen, ["started", "ERROR: failed to build: failed to solve: Canceled: context canceled"]);
    assert.deepEqual({ ...(await exit) }, { exitCode: 1, signal: undefined, wasCanceled: true });
  });

  it("kills what ignores the interrupt, with its children", async () => {
    const abort = new AbortController();
    const acts = [["onInterrupt", "ignore"], ["startChild"], ["hang"]];
    const { lines, exit } = fakeBuildx(acts, { graceMs: 50 }).stream(["build"], { signal: abort.signal });
    let child = 0;
    for await (const line of lines) {
      child = Number(line);
      assert.ok(isAlive(child));
      abort.abort();
    }
    assert.deepEqual({ ...(await exit) }, { exitCode: undefined, signal: "SIGKILL", wasCanceled: true });
    await gone(child);
  });

  it("leaves no child behind that outlives a cancelled buildx", async () => {
    const abort = new AbortController();
    const { lines, exit } = fakeBuildx([["startChild"], ["hang"]]).stream(["build"], { signal: abort.signal });
    let child = 0;
    for await (const line of lines) {
      child ||= Number(line);
      abort.abort();
    }
    assert.equal((await exit).exitCode, 130);
    await gone(child);
  });

  it("ends the command when the reader throws", async () => {
    const { lines, exit } = fakeBuildx([["print", "x\n"], ["hang"]]).stream(["build"]);
    await assert.rejects(async () => {
      for await (const line of lines) throw new Error(`cannot use ${line}`);
    }, /cannot use x/);
    assert.equal((await exit).wasCanceled, true);
  });

  it("ends the command when the reader has seen enough", async () => {
    const { lines, exit } = fakeBuildx([["printForever", "x\n"]]).stream(["build"]);
    for await (const line of lines) {
      assert.equal(line, "x");
      break;
    }
    assert.equal((await exit).wasCanceled, true);
  });

  it("rejects the exit when the program cannot be started, after no lines", async () => {
    const { lines, exit } = new BuildxCli(["/nowhere/docker-buildx"], {}).stream(["build"]);
    assert.deepEqual(await collect(lines), []);
    await assert.rejects(exit, UserError);
  });
});
