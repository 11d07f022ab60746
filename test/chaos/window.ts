import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { labNodes } from "../cluster/nodes.ts";
import { labRegistry } from "../cluster/paths.ts";
import { processesWith } from "../demo/processes.ts";
import { Gate } from "../e2e/gate.ts";
import { openSession, type Session } from "../e2e/session.ts";
import type { Random } from "../random.ts";

const builder = "chaos-window";
/** How long the steps of a build may go on in the pods after its window is gone. */
const longestMs = 10_000;

/** A real VS Code with the extension, whose window is reloaded while it builds. */
export class ChaosWindow implements AsyncDisposable {
  readonly #session: Session;
  #rounds = 0;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async open(): Promise<ChaosWindow> {
    const session = await openSession({ pictures: path.join(import.meta.dirname, "../../out/chaos") });
    await session.extension.openExplorer();
    await session.extension.createBuilder({ namespace: session.namespace, name: builder });
    return new ChaosWindow(session);
  }

  /**
   * Builds, and reloads the window at some moment of a step.
   *
   * @returns what is not as it has to be, if anything
   */
  async reloadWhileBuilding(random: Random): Promise<string | undefined> {
    const { extension, window, stage } = this.#session;
    const name = `Dockerfile.chaos-${(this.#rounds += 1)}`;
    const gate = await Gate.start();
    writeFileSync(path.join(stage.project, name), `FROM ${labRegistry}/base:1\n${gate.instruction}\n`);
    try {
      await window.openFile(name);
      await extension.build({ output: { kind: "none" } });
      await gate.holds(labNodes.length);
      await delay(random(3_000));
      await Promise.all([window.page.waitForEvent("load"), window.command("Developer: Reload Window")]);
      const reloadedMs = performance.now();
      await gate.holds(0);
      const endedMs = Math.round(performance.now() - reloadedMs);
      await window
        .tree()
        .until(`${name} is interrupted`, (rows) =>
          rows.some(({ label, description }) => label === name && description.startsWith("interrupted")),
        );
      const left = this.#builds();
      if (left.length > 0) return `${left.length} processes of its build go on`;
      return endedMs > longestMs ? `its steps went on for ${endedMs} ms` : undefined;
    } finally {
      gate.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.extension.removeBuilder(builder);
    assert.deepEqual(this.#builds(), []);
    await this.#session.close();
  }

  /** Commands of builds that run; the editor itself runs in the same environment. */
  #builds(): readonly string[] {
    const all = processesWith("BUILDX_CONFIG", this.#session.stage.buildxDir).map(({ command }) => command.join(" "));
    return all.filter((command) => command.includes(" build "));
  }
}
