import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findBuildx } from "../../../src/core/buildx/find.ts";
import { UserError } from "../../../src/core/errors.ts";
import { fakeBuildxPath } from "./fakeBuildx.ts";

let home = "";
before(() => (home = mkdtempSync(join(tmpdir(), "find-"))));
after(() => rmSync(home, { recursive: true }));

/** A folder with programs; `true` is the fake buildx, a text a shell script. */
function folder(name: string, programs: Readonly<Record<string, true | string>>): string {
  const path = join(home, name);
  mkdirSync(path, { recursive: true });
  for (const [program, content] of Object.entries(programs)) {
    const file = join(path, program);
    if (content === true) symlinkSync(fakeBuildxPath, file);
    else writeFileSync(file, content, { mode: 0o755 });
  }
  return path;
}

function printing(text: string): string {
  return `#!/bin/sh\nif [ "$1" = buildx ]; then shift; fi\n[ "$1" = version ] && echo "${text}"\n`;
}

/** An environment that hides what the machine has; `node` runs the fake. */
function envWith(dirs: readonly string[], docker = join(home, "no-docker")): NodeJS.ProcessEnv {
  return { PATH: [...dirs, dirname(process.execPath), "/bin"].join(":"), DOCKER_CONFIG: docker };
}

async function problemOf(options: Parameters<typeof findBuildx>[0]): Promise<UserError> {
  try {
    await findBuildx({ systemDirs: [], ...options });
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "a buildx was found" });
}

describe("findBuildx", { skip: process.platform === "win32" }, () => {
  it("takes the plugin of docker's folder before PATH", async () => {
    const docker = folder("docker", {});
    const plugins = folder("docker/cli-plugins", { "docker-buildx": true });
    const path = folder("path", { "docker-buildx": true });
    const { cli, version } = await findBuildx({ systemDirs: [], env: envWith([path], docker) });
    assert.equal(cli.commandLine, join(plugins, "docker-buildx"));
    assert.equal(version.release, "0.38.2");
  });

  it("takes a plugin folder of config.json before docker's own", async () => {
    const extra = folder("extra", { "docker-buildx": true });
    const docker = folder("docker2", { "config.json": JSON.stringify({ cliPluginsExtraDirs: [extra] }) });
    folder("docker2/cli-plugins", { "docker-buildx": true });
    const { cli } = await findBuildx({ systemDirs: [], env: envWith([], docker) });
    assert.equal(cli.commandLine, join(extra, "docker-buildx"));
  });

  it("goes through docker when there is no plugin to be seen", async () => {
    const path = folder("only-docker", { docker: printing("github.com/docker/buildx v0.30.0 abc") });
    const { cli, version } = await findBuildx({ systemDirs: [], env: envWith([path]) });
    assert.equal(cli.commandLine, `${join(path, "docker")} buildx`);
    assert.equal(version.text, "v0.30.0");
  });

  it("goes on to the next when one does not work", async () => {
    const broken = folder("broken", { "docker-buildx": printing("hello") });
    const good = folder("good", { "docker-buildx": true });
    const { cli } = await findBuildx({ systemDirs: [], env: envWith([broken, good]) });
    assert.equal(cli.commandLine, join(good, "docker-buildx"));
  });

  it("takes the path of the settings only, also one of docker", async () => {
    const path = folder("set", { docker: printing("github.com/docker/buildx v0.30.0 abc") });
    const { cli } = await findBuildx({ systemDirs: [], path: join(path, "docker"), env: envWith([]) });
    assert.equal(cli.commandLine, `${join(path, "docker")} buildx`);
    const error = await problemOf({ path: join(home, "nothing"), env: envWith([path]) });
    assert.match(error.message, /There is no buildx at “.*nothing”\./);
    assert.equal(error.action, "openSettings");
  });

  it("says where it has looked and how to install it when there is none", async () => {
    const error = await problemOf({ env: envWith([], join(home, "empty")) });
    assert.match(error.message, /not found\. It was looked for in .*empty\/cli-plugins and on PATH/);
    assert.match(error.remedy ?? "", /Install Docker Desktop/);
    assert.equal(error.action, "installBuildx");
  });

  const unusable: readonly [what: string, script: string, mode: number, reason: RegExp][] = [
    ["too old", printing("github.com/docker/buildx v0.12.1 abc"), 0o755, /buildx v0\.12\.1 is too old; 0\.13\.0/],
    ["another program", printing("hello"), 0o755, /is not buildx\. It says: hello/],
    ["silent", "#!/bin/sh\n", 0o755, /prints no version/],
    ["not executable", printing("x"), 0o644, /may not be executed by you/],
    ["no program at all", "\x7fELF-not", 0o755, /could not be started|is not buildx/],
  ];
  for (const [what, script, mode, reason] of unusable) {
    it(`says so when it is ${what}`, async () => {
      const file = join(folder(what.replaceAll(" ", "-"), { "docker-buildx": script }), "docker-buildx");
      chmodSync(file, mode);
      assert.match((await problemOf({ path: file, env: envWith([]) })).message, reason);
      assert.match((await problemOf({ env: envWith([dirname(file)]) })).message, reason);
    });
  }

  it("says what docker answers when it has no buildx", async () => {
    const path = folder("docker-only", {
      docker: '#!/bin/sh\necho "docker: unknown command: docker $1" >&2; exit 1\n',
    });
    const error = await problemOf({ env: envWith([path]) });
    assert.match(error.message, /unknown command: docker buildx/);
  });
});
