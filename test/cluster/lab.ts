import { ExecaError, execa } from "execa";
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { labDown } from "./down.ts";
import { LabError } from "./labError.ts";
import { binDir, imageDir, labEnv, packageDir, runDir } from "./paths.ts";
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
      console.log("The lab is down.");
      return 0;
    case "status": {
      const isJson = parse(args, "json");
      const status = await labStatus();
      console.log(isJson ? JSON.stringify(status, undefined, 2) : formatStatus(status));
      return 0;
    }
    case "build":
      await labBuild(args);
      return 0;
    case "exec":
      return execute(args);
    case "clean": {
      const isAll = parse(args, "all");
      await labDown();
      // By name: MULTI_ARCH_LAB_DIR may be a folder with other things in it.
      for (const dir of isAll ? [runDir, binDir, packageDir, imageDir] : [runDir]) {
        rmSync(dir, { recursive: true, force: true });
      }
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
  const { exitCode, code } = await execa(file, args, { cwd, env: labEnv(), stdio: "inherit", reject: false });
  if (code === "ENOENT") {
    throw new LabError(`There is no command ${file}.`);
  }
  return exitCode ?? 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A command that failed has its own words in the message; anything else is a fault of the lab's.
  console.error(error instanceof LabError || error instanceof ExecaError ? error.message : error);
  process.exitCode = 1;
}
