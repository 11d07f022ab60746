import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { placeFiles } from "../demo/project.ts";
import { openSession, type Session } from "./session.ts";

const kubeconfig = (project: string): string => path.join(project, "kubeconfig.json");
const named = (cluster: object, contexts: readonly object[]): string =>
  JSON.stringify({
    clusters: [{ name: "prod", cluster }],
    users: [{ name: "u", user: {} }],
    contexts,
    "current-context": "prod",
  });
/** Nobody listens there. */
const unreachable = named({ server: "https://127.0.0.1:9" }, [
  { name: "prod", context: { cluster: "prod", user: "u" } },
]);

describe("a cluster that is not there", { timeout: 300_000 }, () => {
  let session: Session;

  before(async () => {
    session = await openSession({
      settings: (project) => {
        mkdirSync(project, { recursive: true });
        writeFileSync(kubeconfig(project), named({}, []));
        return { "multiArchBuilds.kubeconfig": kubeconfig(project) };
      },
    });
  });

  after(() => session?.close());

  it("is told in full, also in a narrow sidebar", async () => {
    const { extension, window } = session;
    await extension.openExplorer();
    await window.viewMessage("names no cluster: it has no contexts. Choose another kubeconfig.").shown();
    await window.screenshot("explorer without a cluster");
  });

  it("leads by keyboard to the setting that names it", async () => {
    const { window } = session;
    await window.tree().click("Builders");
    await window.page.keyboard.press("End");
    await window.page.keyboard.press("Enter");
    const setting = window.page.locator(".settings-editor .setting-item-label", { hasText: "Kubeconfig" });
    await window.waiting.part("the setting", setting).shown();
    await window.page.keyboard.press("Escape");
  });

  it("is another one when the kubeconfig has been mended", async () => {
    const { stage, window } = session;
    placeFiles(stage, { "kubeconfig.json": unreachable });
    await window.viewMessage("Cluster prod is not reachable: nothing listens at 127.0.0.1:9").shown();
  });
});
