import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { openSession, type Session } from "./session.ts";

// What a workspace from somewhere could try: a program of its own in the place of buildx.
const ownBuildx = '#!/bin/sh\ntouch "$(dirname "$0")/was-run"\n';

describe("a workspace that is not trusted", { timeout: 300_000 }, () => {
  let session: Session;

  before(async () => {
    session = await openSession({
      files: { Dockerfile: "FROM scratch\n", "tools/docker-buildx": ownBuildx },
      settings: (project) => ({
        "multiArchBuilds.buildx.path": path.join(project, "tools", "docker-buildx"),
        "multiArchBuilds.kubeconfig": path.join(project, "kubeconfig"),
      }),
      trust: true,
    });
    await session.window.statusBarItem("Restricted Mode").shown();
  });

  after(() => session?.close());

  it("has an explorer that works, by the user's own settings", async () => {
    const { extension, window } = session;
    await extension.openExplorer();
    await window.tree().row("node-amd64");
    await window.tree().row("node-arm64");
    await window.screenshot("untrusted explorer");
  });

  it("does not build, and says how to trust it", async () => {
    const { window } = session;
    await window.openFile("Dockerfile");
    await window.codeLens("Build multi-arch").click();
    await window.notification("this workspace is not trusted").shown();
    await window.screenshot("untrusted build refused");
  });

  it("has run nothing of the workspace", () => {
    assert.ok(!existsSync(path.join(session.stage.project, "tools", "was-run")));
  });
});
