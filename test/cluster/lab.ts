import { execa } from "execa";
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { labDown } from "./down.ts";
import { LabError } from "./labError.ts";
import { cacheDir, labEnv, runDir } from "./paths.ts";
import { formatStatus, labStatus } from "./status.ts";
import { labBuild, labUp } from "./up.ts";

const usage = `Usage: npm run lab -- COMMAND
A Kubernetes cluster with an amd64 and an arm64 node, on this machine.

  up [--fast-probes]  start it (compiled at the first time); probe builders every second
                      instead of at buildx's pace; --no-fast-probes takes that back
  down                end it, also after a crash
  status [--json]     what runs
  build [NAME…]       only compile and download; a NAME such as docker-buildx-0.29 for more than \`up\` needs
  exec COMMAND…       run a command with the lab's KUBECONFIG and programs
  clean [--all]       end it and remove its logs and keys; with --all also everything compiled`;

async function main([command = "", ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case "up":
      console.log(formatStatus(await labUp({ fastProbes: parse(args, "fast-probes") })));
      return 0;
    case "down":
      parse(args);
      await labDown();
      return 0;
    case "status": {
      const asJson = parse(args, "json");
      const status = await labStatus();
      console.log(asJson ? JSON.stringify(status, undefined, 2) : formatStatus(status));
      return status.state === "up" ? 0 : 1;
    }
    case "build":
      await labBuild(args);
      return 0;
    case "exec":
      return execute(args);
    case "clean": {
      const isAll = parse(args, "all");
      await labDown();
      rmSync(isAll ? cacheDir : runDir, { recursive: true, force: true });
      return 0;
    }
    default:
      console.error(usage);
      return 2;
  }
}

/** The value of the only option a command may have; undefined when it is not given. */
function parse(args: readonly string[], name = ""): boolean | undefined {
  const options = name === "" ? {} : { [name]: { type: "boolean" as const } };
  try {
    return parseArgs({ args: [...args], options, allowNegative: true }).values[name];
  } catch (error) {
    throw new LabError(`${(error as Error).message}\n\n${usage}`);
  }
}

async function execute([file = "", ...args]: readonly string[]): Promise<number> {
  // npm runs scripts in the package's folder; the command is meant for the caller's.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const { exitCode, code, message } = await execa(file, args, { cwd, env: labEnv(), stdio: "inherit", reject: false });
  if (code === "ENOENT") {
    throw new LabError(message ?? "");
  }
  return exitCode ?? 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof LabError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
