import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { validateBuilderName, validateImageReference } from "../../../src/core/buildx/names.ts";

describe("validateBuilderName", () => {
  for (const name of ["kube", "k", "build-farm-2", "a".repeat(40)]) {
    it(`accepts ${name}`, () => assert.equal(validateBuilderName(name), undefined));
  }
  for (const name of ["", "default", "Kube", "2kube", "-kube", "kube-", "ku_be", "ku.be", "ku be", "a".repeat(41)]) {
    it(`refuses “${name}” in a sentence`, () => assert.match(validateBuilderName(name) ?? "", /^[A-Z“].*\.$/));
  }
});

describe("validateImageReference", () => {
  const good = [
    "app",
    "app:1.0",
    "team/app",
    "localhost/app:dev",
    "registry.example.com/team/app:1.0",
    "registry.example.com:5000/a/b/c:V1_x-y.z",
    "Registry.Example.com/app",
    "127.0.0.1:5000/app",
    "[::1]:5000/app:1",
    "a/b__c.d-e--f",
  ];
  for (const reference of good) {
    it(`accepts ${reference}`, () => assert.equal(validateImageReference(reference), undefined));
  }

  const bad: readonly [reference: string, reason: RegExp][] = [
    ["", /for example/],
    ["my app", /no spaces/],
    ["https://registry.example.com/app", /Leave out “https:\/\/”/],
    ["app@sha256:0123", /not under a digest/],
    ["registry.example.com/Team/App", /lower case: team\/app/],
    ["App", /lower case: app/],
    ["registry.example.com/", /comes the image’s name/],
    ["registry_x.example.com:5000/app", /no host name/],
    ["registry.example.com:port/app", /no host name/],
    ["team//app", /no empty part/],
    ["team/-app", /“-app” cannot be part/],
    ["team/a___b", /cannot be part/],
    ["app:", /comes the tag/],
    ["app:-x", /“-x” is no tag/],
    [`app:${"x".repeat(129)}`, /is no tag/],
  ];
  for (const [reference, reason] of bad) {
    it(`refuses “${reference}” and says why`, () => assert.match(validateImageReference(reference) ?? "", reason));
  }
});
