import { execa } from "execa";
import { messageOf } from "../../src/core/errors.ts";
import { Progress } from "../cluster/progress.ts";
import { installHosts } from "../host/install.ts";
import { findHost } from "../host/hosts.ts";
import { startServer } from "../host/server.ts";
import { installVsix } from "../host/vsix.ts";
import { readArguments } from "./arguments.ts";
import { prepareCluster, type StageCluster } from "./cluster.ts";
import { editorEnvironment, vsix } from "./editor.ts";
import { runOnce } from "./once.ts";
import { placeProject, sampleFiles } from "./project.ts";
import { Stage } from "./stage.ts";

// The demo itself. Its parent, demo.ts, ends it and takes back what it has done, at whatever moment that is.

process.stdin.on("end", () => process.exit(1)).resume(); // its parent is gone

const [dir = "", ...args] = process.argv.slice(2);

try {
  await perform(new Stage(dir), new Progress());
} catch (error) {
  console.error(messageOf(error));
  if (error instanceof Error && error.cause !== undefined) console.error(error.cause);
  process.exitCode = 1;
}
process.stdin.destroy();

async function perform(stage: Stage, progress: Progress): Promise<void> {
  const wanted = readArguments(args);
  const cluster = await prepareCluster(stage, wanted, progress);
  await installHosts([findHost()]);
  await progress.runAll([{ what: "packing the extension", run: packExtension }]);
  placeProject(stage, sampleFiles(cluster), cluster);
  await (wanted.isOnce ? runOnce(stage, cluster, progress) : show(stage, cluster, progress));
}

/** Shows where to look, and stays until it is ended. */
async function show(stage: Stage, cluster: StageCluster, progress: Progress): Promise<void> {
  await installVsix(findHost(), stage.editorDir, vsix);
  const server = await startServer({ dataDir: stage.editorDir, env: editorEnvironment(stage, cluster) });
  progress.note("VS Code runs. Open this address in a browser; Ctrl-C ends everything:");
  console.log(server.url({ folder: stage.project }));
  const { reason } = await server.exited;
  throw new Error(`VS Code has ended (${reason}).`);
}

async function packExtension(): Promise<void> {
  const { exitCode, all } = await execa("npm", ["run", "-s", "package"], {
    cwd: new URL("../..", import.meta.url),
    all: true,
    reject: false,
  });
  if (exitCode !== 0) throw new Error(`npm run package failed:\n${all.slice(-3000)}`);
}
