import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { lastError, parseInspect, readBuilderStatus } from "../../../src/core/buildx/status.ts";
import { fakeBuildx } from "./fakeBuildx.ts";

function recorded(name: string): string {
  return readFileSync(new URL(`../../fixtures/buildx-inspect/${name}`, import.meta.url), "utf8");
}

describe("parseInspect", () => {
  it("tells running nodes from those that are not", () => {
    assert.deepEqual(parseInspect(recorded("remote-arm64-down.txt")), {
      kind: "known",
      nodes: new Map([
        ["amd64-0", { kind: "running", buildkitVersion: "v0.32.0-snap" }],
        ["arm64-0", { kind: "inactive" }],
      ]),
    });
  });

  it("gives buildx's reason when the whole builder cannot be used", () => {
    const status = parseInspect(recorded("default-without-engine.txt"));
    assert.equal(status.kind, "error");
    assert.match(status.kind === "error" ? status.reason : "", /^failed to connect to the docker API at unix:/);
  });

  it("gives buildx's reason when one node cannot be used", () => {
    const text =
      "Name: b\nDriver: remote\n\nNodes:\nName:     n1\nEndpoint: tcp://x\nError:    no such host\n\nName: n2\nStatus: running\n";
    assert.deepEqual(parseInspect(text), {
      kind: "known",
      nodes: new Map([
        ["n1", { kind: "error", reason: "no such host" }],
        ["n2", { kind: "running", buildkitVersion: undefined }],
      ]),
    });
  });
});

describe("lastError", () => {
  // As GKE Autopilot refuses what is privileged.
  const denied = [
    "#1 [internal] booting buildkit",
    'ERROR: admission webhook "warden-validating.common-webhooks.networking.gke.io" denied the request: GKE Warden rejected the request because it violates one or more constraints.',
    'Violations details: {"[denied by autogke-disallow-privilege]":["container buildkitd is privileged; not allowed in Autopilot"]}',
    "Requested by user: 'me@example.com', groups: 'system:authenticated'.",
    "",
  ];
  const cases: readonly (readonly [name: string, lines: readonly string[], reason: RegExp])[] = [
    ["takes all lines of an error", denied, /^admission webhook .*container buildkitd is privileged.*Requested by/],
    ["takes the last line where none is called an error", ["a", "b", ""], /^b$/],
    ["says that there is none", ["", " "], /^buildx gave no reason\.$/],
  ];
  for (const [name, lines, reason] of cases) it(name, () => assert.match(lastError(lines.join("\n")), reason));
});

describe("readBuilderStatus", () => {
  it("gives the reason of a command that fails", async () => {
    const acts = [
      ["print", 'ERROR: no builder "x" found\n'],
      ["exit", 1],
    ];
    assert.deepEqual(await readBuilderStatus(fakeBuildx(acts), "x"), {
      kind: "error",
      reason: 'no builder "x" found',
    });
  });
});
