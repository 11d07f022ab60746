import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildModel } from "../../../src/core/build/model.ts";
import type { WireStatus, WireVertex } from "../../../src/core/buildx/solveStatus.ts";

const started = "2026-11-23T14:47:40Z";
const completed = "2026-11-23T14:47:42Z";

function vertex(name: string, more: Partial<WireVertex> = {}): string {
  return JSON.stringify({ vertexes: [{ digest: name, name, ...more }] });
}

function status(of: string, id: string, more: Partial<WireStatus> = {}): string {
  return JSON.stringify({ statuses: [{ id, vertex: of, current: 0, ...more }] });
}

function built(...lines: readonly string[]): BuildModel {
  const model = new BuildModel({ platforms: ["linux/amd64", "linux/arm64"] });
  for (const line of lines) model.apply(line);
  return model;
}

/** `label platform: state` a step. */
function assertShared(model: BuildModel, expected: readonly string[]): void {
  const told = model.shared().map(({ label, platform, state }) => `${[label, platform].join(" ").trim()}: ${state}`);
  assert.deepEqual(told, expected);
}

describe("shared steps", () => {
  const labels: readonly (readonly [name: string, label: string])[] = [
    ["[internal] load build definition from Dockerfile", "definition"],
    ["[internal] load .dockerignore", "dockerignore"],
    ["[internal] load build context", "context"],
    ["[internal] load git source https://example.com/a.git", "context"],
    ["[internal] load remote build context", "context"],
    ["[context base] load .dockerignore", "dockerignore"],
    ["[context base] load from client", "context"],
    ["[context base] load metadata for docker.io/library/alpine", "metadata"],
    ["[linux/arm64 internal] load metadata for docker.io/library/alpine", "metadata linux/arm64"],
    ["[internal] booting buildkit", "boot"],
    ["[internal] waiting for connection", "connection"],
    ["[internal] preparing inline document", "inline file"],
    ["[internal] setting cache mount permissions", "cache mount"],
    ["[auth] library/alpine:pull token for registry-1.docker.io", "auth"],
    ["[auth] sharing credentials for example.com", "auth"],
    ["importing cache manifest from example.com/app:cache", "cache import"],
    ["exporting cache to registry", "cache export"],
    ["exporting inline cache", "cache export"],
    ["exporting content cache", "cache export"],
    ["exporting to image", "export"],
    ["exporting to client directory", "export"],
    ["[app] exporting to image", "export"],
    ["merging manifest list example.com/app:1", "merge"],
    ["importing to docker", "load"],
    ["pushing example.com/app with docker", "push"],
    ["resolving provenance for metadata file", "provenance"],
    ["[linux/amd64] generating sbom using docker.io/docker/buildkit-syft-scanner", "SBOM linux/amd64"],
    ["resolve image config for docker-image://docker.io/docker/dockerfile:1", "frontend"],
    ["docker-image://docker.io/docker/dockerfile:1@sha256:00", "frontend"],
    ["loading policies Dockerfile.rego", "policy"],
    ["Verifying build result", "check"],
    ["[internal] something new", "something new"],
    ["something new", "something new"],
  ];
  for (const [name, label] of labels)
    it(`${name} is ${label}`, () => {
      assertShared(built(vertex(name)), [`${label}: pending`]);
    });

  it("stand in the order of appearance, and no step of the Dockerfile among them", () => {
    const model = built(vertex("exporting to image"), vertex("[1/1] RUN x"), vertex("[internal] load .dockerignore"));
    assertShared(model, ["export: pending", "dockerignore: pending"]);
  });

  it("an export of files has the platform whose files it copies", () => {
    const name = "exporting to client directory";
    assertShared(built(vertex(name, { started }), status(name, "copying files")), ["export: running"]);
    const lines = [vertex(name, { started }), status(name, "copying files linux/arm64", { name: "transferring" })];
    assertShared(built(...lines), ["export linux/arm64: running"]);
  });

  it("what one platform takes belongs to it, what several take to none", () => {
    const name = "[internal] load build context";
    const model = built(vertex(name), vertex("[linux/arm64 1/1] COPY a b", { inputs: [name] }));
    assertShared(model, ["context linux/arm64: pending"]);
    model.apply(vertex("[linux/amd64 1/1] COPY a b", { inputs: [name] }));
    model.apply(vertex(name, { started }));
    assertShared(model, ["context: running"]);
  });

  it("are in the changes when something in them has changed", () => {
    const model = built(vertex("exporting to image"), vertex("importing to docker"));
    model.takeChanges();
    model.apply(vertex("importing to docker", { started, completed }));
    assert.deepEqual(model.takeChanges()?.shared, [model.shared()[1]]);
    assert.equal(model.takeChanges(), undefined);
  });

  const progress: readonly (readonly [name: string, statuses: readonly Partial<WireStatus>[], told: string])[] = [
    ["a transfer tells what has passed", [{ id: "transferring context:", name: "transferring", current: 5 }], "5 of ?, transferring context"], // prettier-ignore
    ["pulled layers add up", [{ id: "sha256:1", current: 5, total: 9 }, { id: "sha256:2", current: 1, total: 1, completed }], "6 of 10, pulling"], // prettier-ignore
    ["layers of unknown size have no total", [{ id: "sha256:1", current: 5, total: 9 }, { id: "sha256:2", current: 1 }], "6 of ?, pulling"], // prettier-ignore
    ["the last open one is what it is at", [{ id: "sha256:1", current: 9, total: 9, completed }, { id: "extracting sha256:1", name: "extracting" }], "9 of 9, extracting"], // prettier-ignore
    ["an image is resolved", [{ id: "resolve docker.io/library/alpine@sha256:00" }], "resolving"],
    ["digests are not told", [{ id: "exporting manifest sha256:0123abcd" }], "exporting manifest"],
    ["what is over is not told", [{ id: "exporting layers", completed }], ""],
  ];
  for (const [name, statuses, told] of progress)
    it(`progress: ${name}`, () => {
      const model = built(vertex("x", { started }), ...statuses.map(({ id = "", ...more }) => status("x", id, more)));
      const { bytes, activity } = model.shared()[0] ?? {};
      const text = [bytes ? `${bytes.current} of ${bytes.total ?? "?"}` : "", activity ?? ""]
        .filter(Boolean)
        .join(", ");
      assert.equal(text, told);
    });
});

describe("waitingFor", () => {
  const boot = "[internal] booting buildkit";
  const texts: readonly (readonly [name: string, text: string | undefined])[] = [
    [boot, "waiting for the builder's pods"],
    ["[internal] waiting for connection", "waiting for the connection to the builder"],
    ["[auth] library/alpine:pull token for registry-1.docker.io", "waiting for the registry's permission"],
    ["[linux/arm64 internal] load metadata for alpine", "waiting for the base image's metadata"],
    ["resolve image config for docker-image://docker/dockerfile:1", "waiting for the Dockerfile frontend"],
    ["[internal] load build context", "waiting for the build context's upload"],
    ["[internal] load .dockerignore", undefined],
    ["exporting to image", undefined],
  ];
  for (const [name, text] of texts)
    it(`${name}: ${text ?? "nothing worth a word"}`, () => {
      const model = built(vertex("[linux/amd64 1/1] RUN x"), vertex(name, { started }));
      model.takeChanges();
      assert.equal(model.waitingFor()?.text, text);
    });

  const overs: readonly (readonly [name: string, lines: readonly string[]])[] = [
    ["before it begins", [vertex(boot)]],
    ["when it is over", [vertex(boot, { started }), vertex(boot, { started, completed })]],
    ["as soon as a step has started", [vertex(boot, { started }), vertex("[linux/amd64 1/1] RUN x", { started })]],
  ];
  for (const [name, lines] of overs)
    it(`is nothing ${name}`, () => {
      const model = built(...lines);
      model.takeChanges();
      assert.equal(model.waitingFor(), undefined);
    });

  it("is nothing when the build has ended", () => {
    const model = built(vertex(boot, { started }));
    model.end({ exitCode: 1 });
    assert.equal(model.waitingFor(), undefined);
  });
});

describe("plain text", () => {
  const noise = 'E1123 17:45:11.099754   25596 v2.go:105] "Copying stdin failed" err="EOF"';

  it("is kept as it came; the Kubernetes client's noise is no message", () => {
    const lines = ["WARNING: no output", noise, "W0102 03:04:05.1 1 a.go:1] x", "", "E1123 is a word", "ERROR: no"];
    const model = built(...lines);
    assert.deepEqual(model.text(), lines);
    assert.deepEqual(model.messages(), ["WARNING: no output", "", "E1123 is a word", "ERROR: no"]);
  });
});
