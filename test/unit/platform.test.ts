import assert from "node:assert/strict";
import { test } from "node:test";
import { architectureOf, isKnownPlatform, normalizePlatform, shortNames } from "../../src/core/platform.ts";

const cases: readonly (readonly [text: string, normal: string | undefined])[] = [
  ["linux/amd64", "linux/amd64"],
  ["linux/amd64/v1", "linux/amd64"],
  ["linux/amd64/v3", "linux/amd64/v3"],
  ["Linux/x86_64", "linux/amd64"],
  ["linux/aarch64", "linux/arm64"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/arm64/8", "linux/arm64"],
  ["linux/arm64/v9", "linux/arm64/v9"],
  ["linux/arm", "linux/arm/v7"],
  ["linux/arm/7", "linux/arm/v7"],
  ["linux/armhf", "linux/arm/v7"],
  ["linux/arm/v6", "linux/arm/v6"],
  ["linux/armel", "linux/arm/v6"],
  ["linux/i386", "linux/386"],
  [" linux/riscv64 ", "linux/riscv64"],
  ["amd64", undefined],
  ["linux/", undefined],
  ["linux/amd64/v1/x", undefined],
  ["--platform", undefined],
];

for (const [text, normal] of cases)
  test(`«${text}» is ${normal ?? "no platform"}`, () => assert.equal(normalizePlatform(text), normal));

test("knows platforms that can be built for, and not the half of one", () => {
  for (const text of ["linux/riscv64", "linux/arm", "linux/aarch64"]) assert.ok(isKnownPlatform(text), text);
  for (const text of ["linux/a", "linux/arm6", "amd64"]) assert.ok(!isKnownPlatform(text), text);
});

test("tells the architecture of a platform", () => assert.equal(architectureOf("linux/arm/v7"), "arm"));

test("short names leave out the system only where it is the same", () => {
  assert.deepEqual(shortNames(["linux/amd64", "linux/arm/v7"]), ["amd64", "arm/v7"]);
  assert.deepEqual(shortNames(["linux/amd64", "windows/amd64"]), ["linux/amd64", "windows/amd64"]);
});
