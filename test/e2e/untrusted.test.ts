import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { openSession, type Session } from "./session.ts";

describe("a workspace that is not trusted", { timeout: 300_000 }, () => {
  let session: Session;

  before(async () => {
    session = await openSession({
      files: { Dockerfile: "FROM scratch\n" },
      settings: { "multiArchBuilds.buildx.path": "/tmp/not-yours", "multiArchBuilds.kubeconfig": "/tmp/not-yours" },
      trust: true,
    });
    await session.window.dialogButton("No, I don't trust the authors");
  });

  after(() => session?.close());

  it("has an explorer that works, by the user's own settings", async () => {
    const { extension, window } = session;
    await extension.openExplorer();
    await window.tree().row("node-arm64");
    await window.screenshot("untrusted explorer");
  });

  it("does not build", async () => {
    const { extension, window } = session;
    await window.openFile("Dockerfile");
    await window.screenshot("untrusted Dockerfile");
  });
});
