import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BuildRequest } from "../../../src/core/buildx/buildRequest.ts";
import { buildArgs, createArgs, inspectArgs, removeArgs, withoutValues } from "../../../src/core/buildx/args.ts";
import { UserError } from "../../../src/core/errors.ts";

const request: BuildRequest = {
  dockerfile: "/w/Dockerfile",
  buildContext: "/w",
  builder: "kube",
  platforms: ["linux/amd64", "linux/arm64"],
  output: { kind: "none" },
};

function argsOf(changes: Partial<BuildRequest>): string[] {
  return buildArgs({ ...request, ...changes }, "/t/metadata.json");
}

describe("buildArgs", () => {
  it("puts every value into an argument of its own, and the context last", () => {
    assert.deepEqual(argsOf({ target: "app", noCache: true }), [
      "build",
      "--builder=kube",
      "--progress=rawjson",
      "--platform=linux/amd64,linux/arm64",
      "--file=/w/Dockerfile",
      "--target=app",
      "--no-cache",
      "--output=type=cacheonly",
      "--metadata-file=/t/metadata.json",
      "--",
      "/w",
    ]);
  });

  const folders: readonly [behaviour: string, path: string, output: string][] = [
    ["leaves a plain folder as it is", "/out", "type=local,dest=/out"],
    ["needs no quotes for spaces, equals signs and leading hyphens", "-o /a=b", "type=local,dest=-o /a=b"],
    ["quotes a comma", "/a,b", 'type=local,"dest=/a,b"'],
    ["doubles a quote", '/a"b', 'type=local,"dest=/a""b"'],
  ];
  for (const [behaviour, path, output] of folders) {
    it(`${behaviour} in the output`, () => {
      assert.ok(argsOf({ output: { kind: "folder", path } }).includes(`--output=${output}`));
    });
  }

  it("tags and pushes", () => {
    const args = argsOf({ output: { kind: "push", reference: "registry.example.com:5000/team/app:1.0" } });
    assert.ok(args.includes("--tag=registry.example.com:5000/team/app:1.0"));
    assert.ok(args.includes("--push"));
    assert.ok(!args.some((arg) => arg.startsWith("--output")));
  });

  it("keeps values that look like options in their places", () => {
    const args = argsOf({ buildContext: "--push", dockerfile: "-", target: "--help" });
    assert.deepEqual(args.slice(args.indexOf("--")), ["--", "--push"]);
    assert.ok(args.includes("--file=-") && args.includes("--target=--help"));
  });

  const refused: readonly [what: string, changes: Partial<BuildRequest>, reason: RegExp][] = [
    ["no platform", { platforms: [] }, /at least one platform/],
    ["a platform that is none", { platforms: ["arm64"] }, /“arm64” is no platform/],
    ["platforms in one string", { platforms: ["linux/amd64,linux/arm64"] }, /is no platform/],
    ["a line break in a path", { buildContext: "/a\nb" }, /“\/a⏎b” holds a line break/],
    ["a line break in the output", { output: { kind: "folder", path: "/a\r\nb" } }, /line break/],
    ["a NUL", { target: "a\0b" }, /line break|NUL/],
    ["an image name with a scheme", { output: { kind: "push", reference: "https://r.example.com/a" } }, /Leave out/],
  ];
  for (const [what, changes, reason] of refused) {
    it(`refuses ${what} and says why`, () => {
      assert.throws(
        () => argsOf(changes),
        (error) => error instanceof UserError && reason.test(error.message),
      );
    });
  }
});

describe("what the user adds to a build", () => {
  const added = (...more: readonly string[]): readonly string[] => buildArgs(request, "/t/metadata.json", more);

  it("is handed over as it is, before the build context", () => {
    const more = ["--build-arg=A=$(touch x) b", "--secret=id=npmrc,src=/home/me/.npmrc", "--ssh=default", "--pull"];
    assert.deepEqual(added(...more).slice(-6), [...more, "--", "/w"]);
  });

  const refused: readonly (readonly [argument: string, reason: RegExp])[] = [
    ["--platform=linux/arm64", /--platform cannot be added/],
    ["--push", /--push cannot be added/],
    ["--output=type=local,dest=/", /--output cannot be added/],
    ["--builder=other", /--builder cannot be added/],
    ["--", /no argument that can be added/],
    ["-f", /no argument that can be added/],
    ["A=1", /no argument that can be added/],
    ["--build-arg=A=1\n2", /line break/],
  ];
  for (const [argument, reason] of refused)
    it(`is refused when it is ${JSON.stringify(argument)}`, () => {
      assert.throws(() => added(argument), reason);
    });

  it("is logged without the values of build arguments", () => {
    assert.deepEqual(withoutValues(["buildx", "--build-arg=TOKEN=a=b\nc", "--secret=id=x"]), [
      "buildx",
      "--build-arg=…",
      "--secret=…",
    ]);
  });
});

describe("arguments of the other commands", () => {
  it("creates a node for one platform", () => {
    const node = {
      builder: "kube",
      name: "kube-arm64",
      platform: "linux/arm64",
      driverOptions: { namespace: "build", nodeselector: "kubernetes.io/arch=arm64,pool=ci" },
      buildkitdConfig: "/c/buildkitd.toml",
      isAppended: true,
    };
    assert.deepEqual(createArgs(node), [
      "create",
      "--append",
      "--name=kube",
      "--driver=kubernetes",
      "--node=kube-arm64",
      "--platform=linux/arm64",
      "--driver-opt=namespace=build",
      '--driver-opt="nodeselector=kubernetes.io/arch=arm64,pool=ci"',
      "--buildkitd-config=/c/buildkitd.toml",
    ]);
  });

  it("inspects, boots and removes", () => {
    assert.deepEqual(inspectArgs("kube"), ["inspect", "--", "kube"]);
    assert.deepEqual(inspectArgs("kube", { boot: true }), ["inspect", "--bootstrap", "--", "kube"]);
    assert.deepEqual(removeArgs("kube"), ["rm", "--force", "--", "kube"]);
    assert.deepEqual(removeArgs("kube", { keepDaemon: true }), ["rm", "--force", "--keep-daemon", "--", "kube"]);
  });
});
