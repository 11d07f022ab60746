import path from "node:path";
import { parseArgs } from "node:util";

export const usage = `Usage: npm run demo [-- OPTIONS]
Multi-Arch Builds in a real VS Code in the browser, with a sample project and a cluster.

  --once             do the whole job unattended, print the times, save screenshots in out/demo, and end
  --kubeconfig FILE  use this cluster instead of one on this machine
  --context NAME     of this context of the kubeconfig; its current one otherwise
  --help             this text`;

/** What the demo is asked to do. */
export interface DemoArguments {
  readonly isOnce: boolean;
  readonly isHelp: boolean;
  /** The absolute path to a cluster of the user's own; absent: the one on this machine. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** @throws {Error} on arguments the demo does not have. */
export function readArguments(args: readonly string[]): DemoArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: "boolean", default: false },
      kubeconfig: { type: "string" },
      context: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.context !== undefined && values.kubeconfig === undefined)
    throw new Error("--context goes with --kubeconfig.");
  // npm runs scripts in the package's folder; a path is meant from the caller's.
  const callersDir = process.env["INIT_CWD"] ?? process.cwd();
  return {
    isOnce: values.once,
    isHelp: values.help,
    kubeconfig: values.kubeconfig === undefined ? undefined : path.resolve(callersDir, values.kubeconfig),
    context: values.context,
  };
}
