import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAtLeast, parseBuildxVersion } from "../../../src/core/buildx/version.ts";

describe("parseBuildxVersion", () => {
  const cases: readonly [output: string, text: string, release: string | undefined][] = [
    ["github.com/docker/buildx v0.38.2 d3a1b2c\n", "v0.38.2", "0.38.2"],
    ["github.com/docker/buildx v0.38.2 \n", "v0.38.2", "0.38.2"],
    ["github.com/docker/buildx 0.29.1+ds1 0.29.1+ds1-4\n", "0.29.1+ds1", "0.29.1"],
    ["github.com/docker/buildx v0.36.0-54-g461836ba0 461836ba0\n", "v0.36.0-54-g461836ba0", "0.36.0"],
    ["github.com/docker/buildx v0.20.0-rc1 abc\n", "v0.20.0-rc1", "0.20.0"],
    ["github.com/docker/buildx v0.0.0+unknown \n", "v0.0.0+unknown", undefined],
  ];
  for (const [output, text, release] of cases) {
    it(`reads ${text}`, () => assert.deepEqual(parseBuildxVersion(output), { text, release }));
  }

  it("does not take other programs for buildx", () => {
    for (const output of ["", "Docker version 28.2.2, build e6534b4", "v0.38.2", "github.com/docker/buildx"]) {
      assert.equal(parseBuildxVersion(output), undefined);
    }
  });
});

describe("isAtLeast", () => {
  const cases: readonly [release: string | undefined, needed: string, expected: boolean][] = [
    ["0.38.2", "0.13.0", true],
    ["0.13.0", "0.13.0", true],
    ["0.9.1", "0.13.0", false],
    [undefined, "0.32.0", true],
  ];
  for (const [release, needed, expected] of cases) {
    it(`is ${expected} for ${release ?? "a development build"} and ${needed}`, () => {
      assert.equal(isAtLeast({ text: "", release }, needed), expected);
    });
  }
});
