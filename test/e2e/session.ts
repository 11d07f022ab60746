import assert from "node:assert/strict";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Progress } from "../cluster/progress.ts";
import { labStatus } from "../cluster/status.ts";
import { cleanUp } from "../demo/cleanUp.ts";
import { noteNamespaces, useLab } from "../demo/cluster.ts";
import { openWindow, vsix } from "../demo/editor.ts";
import { ExtensionUi } from "../demo/extensionUi.ts";
import { placeProject, sampleFiles, type Files } from "../demo/project.ts";
import { Stage } from "../demo/stage.ts";
import type { Workbench } from "../workbench/workbench.ts";

const ownPictures = path.join(import.meta.dirname, "../../out/e2e");

export interface SessionOptions {
  /** The project; the sample unless told otherwise. */
  readonly files?: Files;
  /** Settings of the project in this folder. */
  readonly settings?: (project: string) => Readonly<Record<string, unknown>>;
  /** Whether the project starts untrusted. */
  readonly trust?: boolean;
  /** The folder of pictures; `out/e2e` unless told otherwise. */
  readonly pictures?: string;
}

/** A project open in a VS Code with the packed extension, on the lab. */
export interface Session {
  readonly stage: Stage;
  readonly window: Workbench;
  readonly extension: ExtensionUi;
  /** A namespace of this session's own; made by the first builder, gone with the session. */
  readonly namespace: string;
  close(this: void): Promise<void>;
}

/** Opens a session; needs `npm run lab -- up` and `npm run package`. */
export async function openSession({
  files,
  settings,
  trust,
  pictures = ownPictures,
}: SessionOptions): Promise<Session> {
  assert.equal((await labStatus()).state, "up", "These tests need the lab: npm run lab -- up");
  assert.ok(existsSync(vsix), "These tests need the packed extension: npm run package");
  const stage = new Stage(mkdtempSync(path.join(tmpdir(), "multi-arch-e2e-")));
  const end = async () => assert.ok(await cleanUp(stage, new Progress()), "something of the session is left");
  try {
    const cluster = await useLab(stage);
    await noteNamespaces(stage);
    placeProject(stage, files ?? sampleFiles(cluster), cluster, settings?.(stage.project));
    const window = await openWindow(stage, cluster, {
      pictures,
      trust,
      // Files come up where they are open, not beside the panel that has the focus.
      settings: { "workbench.editor.revealIfOpen": true },
      viewport: { width: 1600, height: 900 },
      timeoutMs: 60_000,
    });
    const close = async () => {
      await window.close();
      await end();
    };
    return {
      stage,
      window,
      extension: new ExtensionUi(window),
      namespace: path.basename(stage.dir).toLowerCase(),
      close,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
