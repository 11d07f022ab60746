import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { labNodes } from "../cluster/nodes.ts";
import { labRegistry } from "../cluster/paths.ts";
import { kubectl } from "../cluster/processes.ts";
import { readPlatforms } from "../cluster/registry.ts";
import { architectureOfProgram } from "../demo/elf.ts";
import { processesWith } from "../demo/processes.ts";
import { Gate } from "./gate.ts";
import { openSession, type Session } from "./session.ts";

const builder = "e2e";
const machines = { amd64: "x86_64", arm64: "aarch64" } as const;
const aTime = /^\d/;

/** Says on which machine it is built, waits, and has a program of that machine. */
const gatedBuild = (gate: Gate): string => `FROM ${labRegistry}/base:1 AS build
RUN uname -m | tee /machine
${gate.instruction}
FROM scratch
COPY --from=build /bin/busybox /machine /
`;

const failingBuild = `FROM ${labRegistry}/base:1 AS build
ARG TARGETARCH
RUN if [ $TARGETARCH = arm64 ]; then echo "no licence for this machine"; exit 7; fi
RUN true
`;

/** In a folder and with an output whose names would run something, were they ever seen by a shell. */
const hostileFolder = `we "ird' $(touch pwned) <img src=x onerror=alert(1)> -x`;
const hostileBuild = `FROM ${labRegistry}/base:1 AS build
RUN echo '<img src=x onerror="document.title=1">'; printf '\\033]0;pwned\\007\\033[31mred\\033[0m \u202Edlrow\\n' && uname -m > /machine
FROM scratch
COPY --from=build /machine /
`;

describe("builds", { timeout: 600_000 }, () => {
  let session: Session;
  let gates: Readonly<Record<"pair" | "cancel" | "first" | "second" | "reload", Gate>>;

  before(async () => {
    const [pair, cancel, first, second, reload] = await Promise.all([
      Gate.start(),
      Gate.start(),
      Gate.start(),
      Gate.start(),
      Gate.start(),
    ]);
    gates = { pair, cancel, first, second, reload };
    session = await openSession({
      files: {
        Dockerfile: gatedBuild(pair),
        "Dockerfile.cancel": gatedBuild(cancel),
        "Dockerfile.first": gatedBuild(first),
        "Dockerfile.second": gatedBuild(second),
        "Dockerfile.reload": gatedBuild(reload),
        "Dockerfile.fail": failingBuild,
        [`${hostileFolder}/Dockerfile.hostile`]: hostileBuild,
        "Dockerfile.missing": `FROM ${labRegistry}/base:1\n\nCOPY nothere.txt /\n`,
      },
    });
    await session.extension.openExplorer();
    await session.extension.createBuilder({ namespace: session.namespace, name: builder });
  });

  after(async () => {
    for (const gate of Object.values(gates)) gate.close();
    await session?.close();
  });

  it("shows both platforms' timings side by side while they are built, each on its own node", async () => {
    const { extension, window } = session;
    await window.openFile("Dockerfile");
    await extension.build({ output: { kind: "folder", path: "out" } });
    await gates.pair.holds(2);
    const { panel } = extension;
    for (const lane of [0, 1]) await panel.cell("at the gate", lane).locator(".value.running").waitFor();
    const cards = await panel.cards();
    assert.deepEqual(
      cards.map(({ platform, chip, standing }) => [platform, chip, standing]),
      labNodes.map(({ architecture }) => [`linux/${architecture}`, "native", "running"]),
    );
    labNodes.forEach(({ name }, lane) =>
      assert.match(cards[lane]?.where ?? "", new RegExp(`^node ${name} · pod ${builder}-`)),
    );
    const steps = await panel.steps();
    assert.deepEqual(
      steps.map(({ line, source }) => [line, source.split(" ", 1)[0]]),
      [
        ["1", "FROM"],
        ["2", "RUN"],
        ["3", "RUN"],
        ["5", "COPY"],
      ],
    );
    for (const time of steps[1]?.cells ?? []) assert.match(time, aTime);
    assert.deepEqual(steps[3]?.cells, ["waiting", "waiting"]);
    const ticking = panel.cell("at the gate", 1).locator(".value");
    const shown = await ticking.innerText();
    await window.waiting.step("the time goes on", () =>
      ticking.and(panel.frame.locator(`:not(:text-is("${shown}"))`)).waitFor(),
    );
    await window.lineEnd(/^"amd64 \d+\.\d s · arm64 \d+\.\d s"$/);
    await window.screenshot("build running");
  });

  it("shows them when they are done, and the files of both platforms are there", async () => {
    const { extension, window, stage } = session;
    gates.pair.open();
    await extension.panel.reached("done");
    for (const { cells } of await extension.panel.steps()) {
      assert.equal(cells.length, 2);
      for (const time of cells) assert.match(time, aTime);
    }
    for (const { architecture } of labNodes) {
      const dir = path.join(stage.project, "out", `linux_${architecture}`);
      assert.equal(architectureOfProgram(path.join(dir, "busybox")), architecture);
      assert.equal(readFileSync(path.join(dir, "machine"), "utf8").trim(), machines[architecture]);
    }
    await window.lineEnd(/^"amd64 \d.* · arm64 \d.*"$/);
    await window.screenshot("build done");
  });

  it("builds again from the panel, from the cache, in the same column", async () => {
    const { extension, window } = session;
    await extension.panel.press("Build Again");
    await extension.panel.cell("at the gate", 1).getByText("cached").waitFor();
    await extension.panel.reached("done");
    assert.equal(await window.page.locator(".editor-group-container").count(), 2);
  });

  it("builds from the line above FROM and pushes one index for both platforms", async () => {
    const { extension, window, namespace } = session;
    await window.openFile("Dockerfile");
    await window.codeLens("Build multi-arch").click();
    await extension.answerBuild({ output: { kind: "push", reference: `${labRegistry}/${namespace}:1` } });
    await extension.panel.frame.locator("header .about", { hasText: namespace }).waitFor();
    await extension.panel.reached("done", "failed");
    assert.match(await extension.panel.verdict(), /^Built /);
    const digest = await extension.panel.frame.locator("header .about button[title*='@sha256:']").getAttribute("title");
    const pushed = await readPlatforms(namespace, digest?.split("@")[1] ?? "");
    assert.deepEqual(pushed.toSorted(), ["linux/amd64", "linux/arm64"]);
    assert.deepEqual(await readPlatforms(namespace, "1"), pushed);
  });

  it("says which step failed on which platform, why, and where in the Dockerfile", async () => {
    const { extension, window } = session;
    await window.openFile("Dockerfile.fail");
    await extension.build({ output: { kind: "none" } });
    const { panel } = extension;
    await panel.reached("failed");
    assert.match(await panel.verdict(), /^Failed on linux\/arm64 /);
    const { head, tail } = await panel.failure();
    assert.match(head, /^step 2\/3 failed on linux\/arm64 .*exit code 7.*Dockerfile\.fail:3/);
    assert.match(tail, /no licence for this machine/);
    await panel.cell("no licence", 1).locator(".value.failed").waitFor();
    const [problem, ...others] = await window.problems();
    assert.deepEqual(others, []);
    assert.deepEqual(
      { file: problem?.file, line: problem?.line, source: problem?.source },
      { file: "Dockerfile.fail", line: 3, source: "Multi-Arch Builds" },
    );
    await window.screenshot("build failed");
    await window.command("View: Toggle Panel Visibility");
  });

  it("says of a file that is missing where it is asked for, without asking the builder", async () => {
    const { extension, window } = session;
    await window.openFile("Dockerfile.missing");
    await extension.build({ output: { kind: "none" } });
    const { panel } = extension;
    await panel.frame.locator("header .about", { hasText: "Dockerfile.missing" }).waitFor();
    await panel.reached("failed");
    const { head } = await panel.failure();
    assert.match(head, /^nothere\.txt is not in the build context\..*Dockerfile\.missing:3/);
    await panel.frame.locator(".failure", { hasText: "Nothing was sent to the builder." }).waitFor();
    await window.waiting.until(
      "the problem of Dockerfile.missing",
      () => window.problems(),
      (problems) => problems.some(({ file, line }) => file === "Dockerfile.missing" && line === 3),
    );
    await window.screenshot("file missing");
    await window.command("View: Toggle Panel Visibility");
  });

  it("shows what is hostile as text, and hands it on as one argument", async () => {
    const { extension, window, stage } = session;
    const output = path.join(stage.project, `-out $(touch pwned) "q"`);
    await window.openFile("Dockerfile.hostile");
    await extension.build({ context: hostileFolder, output: { kind: "folder", path: output } });
    const { panel } = extension;
    await panel.frame.locator("header .about", { hasText: "$(touch pwned) <img src=x" }).waitFor();
    await panel.reached("done");
    for (const [architecture, machine] of Object.entries(machines))
      assert.equal(readFileSync(path.join(output, `linux_${architecture}`, "machine"), "utf8").trim(), machine);
    await panel.cell("onerror", 0).click();
    const log = panel.frame.locator(".log-column").first();
    await log.getByText("red [U+202E]dlrow", { exact: true }).waitFor();
    assert.doesNotMatch(await log.innerText(), /pwned|\u202E/);
    assert.equal(await panel.frame.locator("img").count(), 0);
    const names = readdirSync(stage.dir, { recursive: true, encoding: "utf8" });
    assert.deepEqual(
      names.filter((name) => path.basename(name) === "pwned"),
      [],
    );
    await window.screenshot("hostile names");
  });

  it("cancels at once, and nothing of the build is left running here or in the pods", async () => {
    const { extension, window, stage, namespace } = session;
    await window.openFile("Dockerfile.cancel");
    await extension.build({ output: { kind: "none" } });
    await gates.cancel.holds(2);
    const beginMs = performance.now();
    await extension.panel.press("Cancel");
    await extension.panel.reached("canceled");
    assert.ok(performance.now() - beginMs < 10_000, "it took longer than ten seconds");
    await gates.cancel.holds(0);
    assert.deepEqual(processesWith("BUILDX_CONFIG", stage.buildxDir).filter(isBuild), []);
    for (const { architecture } of labNodes) {
      const { stdout } = await kubectl("exec", "-n", namespace, `deploy/${builder}-${architecture}`, "--", "ps");
      assert.match(stdout, /buildkitd/);
      assert.doesNotMatch(stdout, /wget -q/);
    }
    await window.screenshot("build cancelled");
  });

  it("follows several builds, and a panel that is opened again shows what is true", async () => {
    const { extension, window } = session;
    for (const [name, gate] of [
      ["Dockerfile.first", gates.first] as const,
      ["Dockerfile.second", gates.second] as const,
    ]) {
      await window.openFile(name);
      await extension.build({ output: { kind: "none" } });
      await gate.holds(2);
    }
    await window.statusBarItem("2 multi-arch builds").shown();
    await window.command("View: Close All Editors");
    await window.statusBarItem("2 multi-arch builds").click();
    await window.quickPick.waitFor("Running builds");
    // The first is the newest.
    await window.page.keyboard.press("Enter");
    await showsBoth("Dockerfile.second");
    await window.tree().click("Dockerfile.first");
    await showsBoth("Dockerfile.first");
    await window.screenshot("two builds");
    gates.first.open();
    await extension.panel.reached("done");
    await window.statusBarItem("Building Dockerfile.second").shown();
    gates.second.open();
    await window.statusBarItem("Building").gone();
    // A row that is being drawn anew takes no click.
    await window
      .tree()
      .until("the second build's row has its times", (rows) =>
        rows.some(({ label, description }) => label === "Dockerfile.second" && description.includes("arm64")),
      );
    await window.tree().click("Dockerfile.second");
    await extension.panel.frame.locator("header .about", { hasText: "Dockerfile.second" }).waitFor();
    await extension.panel.reached("done");

    async function showsBoth(dockerfile: string): Promise<void> {
      await extension.panel.frame.locator("header .about", { hasText: dockerfile }).waitFor();
      await extension.panel.reached("running");
      for (const lane of [0, 1]) await extension.panel.cell("at the gate", lane).locator(".value.running").waitFor();
    }
  });

  it("calls a build interrupted when its window was reloaded, and nothing of it goes on", async () => {
    const { extension, window, stage } = session;
    await window.openFile("Dockerfile.reload");
    await extension.build({ output: { kind: "none" } });
    await gates.reload.holds(2);
    await Promise.all([window.page.waitForEvent("load"), window.command("Developer: Reload Window")]);
    await gates.reload.holds(0);
    // The view and the panel come back as they were.
    await extension.panel.reached("canceled");
    assert.match(await extension.panel.verdict(), /^Interrupted /);
    await window
      .tree()
      .until("the build is there and interrupted", (rows) =>
        rows.some(({ label, description }) => label === "Dockerfile.reload" && description.startsWith("interrupted")),
      );
    assert.deepEqual(processesWith("BUILDX_CONFIG", stage.buildxDir).filter(isBuild), []);
    await window.screenshot("build interrupted");
  });

  it("has written the secrets of the kubeconfig nowhere but into the builder's own, which is the user's alone", () => {
    const { stage, window } = session;
    const secrets = secretsIn(readFileSync(stage.kubeconfig, "utf8"));
    assert.ok(secrets.length > 0);
    const own = [stage.dir, window.server.dataDir]
      .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => file !== stage.kubeconfig && secrets.some((secret) => readFileSync(file).includes(secret)));
    assert.equal(own.length, 1, own.join(", "));
    for (const file of own) {
      assert.equal(path.basename(path.dirname(file)), "kubeconfigs");
      assert.equal(statSync(file).mode & 0o777, 0o600);
    }
    for (const { command } of processesWith("BUILDX_CONFIG", stage.buildxDir))
      assert.ok(!secrets.some((secret) => command.join(" ").includes(secret)));
  });
});

/** Keys and tokens of a kubeconfig. */
function secretsIn(kubeconfig: string): readonly string[] {
  return [...kubeconfig.matchAll(/(?:client-key-data|token|password): "?([^"\s]+)/g)].flatMap(
    ([, secret]) => secret ?? [],
  );
}

const isBuild = ({ command }: { readonly command: readonly string[] }): boolean => command.includes("build");
