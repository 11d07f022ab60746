import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";

const program = path.join(import.meta.dirname, "../../../src/timings.ts");

const step = (digest: string, name: string, seconds: number, error?: string): string =>
  JSON.stringify({
    vertexes: [{ digest, name, started: "2026-11-23T14:47:40Z", completed: `2026-11-23T14:47:4${seconds}.5Z`, error }],
  });

const recording = [
  step("1", "[internal] load .dockerignore", 0),
  step("2", "[linux/arm64 build 2/3] RUN make", 2),
  step("3", "[linux/amd64 build 2/3] RUN make", 1, "exit code: 1"),
  "WARNING: no output",
  "ERROR: failed to build: failed to solve: exit code: 1",
  "",
].join("\n");

const markdown = `| Step | linux/amd64 | linux/arm64 | Difference |
| --- | ---: | ---: | ---: |
| \`build 2/3 RUN make\` | 1.50 s, **failed** | 2.50 s |  |

| Shared step | Time |
| --- | ---: |
| \`[internal] load .dockerignore\` | 0.50 s |

**build 2/3 failed on linux/amd64**

\`exit code: 1\`
`;

let folder = "";
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "timings-"));
  writeFileSync(path.join(folder, "plain.rawjson"), recording);
  writeFileSync(path.join(folder, "windows.rawjson"), recording.replaceAll("\n", "\r\n"));
  writeFileSync(path.join(folder, "packed.rawjson.gz"), gzipSync(recording));
  writeFileSync(path.join(folder, "broken.gz"), gzipSync(recording).subarray(0, 30));
  writeFileSync(path.join(folder, "one.rawjson"), step("1", "[2/3] RUN make", 1));
});
after(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in the root folder, as if npm had been called in the folder of the recordings. */
function timings(...args: readonly string[]): Outcome {
  const env = { ...process.env, INIT_CWD: folder };
  return spawnSync(process.execPath, [program, ...args], { encoding: "utf8", env, cwd: path.parse(folder).root });
}

describe("timings", () => {
  const wrong: readonly (readonly [name: string, args: readonly string[], message: RegExp])[] = [
    ["no file", [], /^Give one file\./],
    ["two files", ["a", "b"], /^Give one file\./],
    ["an unknown option", ["--yaml", "a"], /^Unknown option '--yaml'/],
    ["no platform", ["a", "--platform", "arm"], /^"arm" is no platform; write it like linux\/arm64\./],
    ["no exit code", ["a", "--exit-code", "one"], /^"one" is no exit code\./],
  ];
  for (const [name, args, message] of wrong)
    it(`shows its usage when given ${name}`, () => {
      const { status, stdout, stderr } = timings(...args);
      assert.match(stderr, message);
      assert.match(stderr, /\nUsage: /);
      assert.deepEqual([status, stdout], [2, ""]);
    });

  it("shows its usage when asked to", () => {
    const { status, stdout, stderr } = timings("--help");
    assert.match(stdout, /^Prints the timings of a recorded build\.\n\nUsage: /);
    assert.deepEqual([status, stderr], [0, ""]);
  });

  const unreadable: readonly (readonly [file: string, reason: RegExp])[] = [
    ["missing.rawjson", /^Cannot read the recording: .*missing\.rawjson/],
    ["broken.gz", /^Cannot read the recording: /],
  ];
  for (const [file, reason] of unreadable)
    it(`says so when it cannot read ${file}`, () => {
      const { status, stdout, stderr } = timings(file);
      assert.match(stderr, reason);
      assert.doesNotMatch(stderr, /\n\s+at /);
      assert.deepEqual([status, stdout], [1, ""]);
    });

  for (const file of ["plain.rawjson", "packed.rawjson.gz", "windows.rawjson"])
    it(`prints Markdown of ${file}, found where npm was called`, () => {
      const { status, stdout, stderr } = timings(file, "--platform", "linux/amd64,linux/arm64");
      assert.equal(stdout, markdown);
      assert.deepEqual([status, stderr], [0, ""]);
    });

  it("takes the platform of a build for one platform, which its steps do not name", () => {
    assert.match(timings("one.rawjson", "--platform", "linux/arm64").stdout, /^\| Step \| linux\/arm64 \|\n/);
  });

  it("believes the exit code more than the last words", () => {
    const states = ["0", "1", "130"].map(
      (code) => /"state": "(\w+)"/.exec(timings("plain.rawjson", "--json", "--exit-code", code).stdout)?.[1],
    );
    assert.deepEqual(states, ["done", "failed", "canceled"]);
  });

  it("prints everything as JSON, lanes in the order of the request", () => {
    const { stdout } = timings("plain.rawjson", "--json", "--platform", "linux/amd64,linux/arm64");
    const make = { stage: "build", index: 2, total: 3, name: "RUN make", cached: false };
    assert.deepEqual(JSON.parse(stdout), {
      state: "failed",
      lanes: [
        { platform: "linux/amd64", steps: [{ ...make, state: "failed", durationMs: 1500, error: "exit code: 1" }] },
        { platform: "linux/arm64", steps: [{ ...make, state: "done", durationMs: 2500 }] },
      ],
      shared: [{ name: "[internal] load .dockerignore", state: "done", durationMs: 500 }],
      error: { message: "exit code: 1", platform: "linux/amd64" },
      text: ["WARNING: no output", "ERROR: failed to build: failed to solve: exit code: 1"],
    });
  });
});
