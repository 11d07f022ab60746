import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { messageOf } from "../../src/core/errors.ts";
import { buildkitBlocker } from "./buildkitProcess.ts";
import { commandHelp, runCommand } from "./controlCommands.ts";
import type { Certificate } from "./kubeconfig.ts";
import type { PodMode } from "./kubelet.ts";
import { Standin } from "./standin.ts";

const usage = `Usage: npm run lab:standin -- [OPTIONS]
A Kubernetes API for faults and sizes that a real cluster cannot make on demand. Prints the path of its kubeconfig; goes
on until Ctrl-C, and leaves nothing behind.

  --nodes N           so many cluster nodes besides node-amd64 and node-arm64
  --pods N            so many pods, with a Deployment for each ten
  --builders          these pods are those of builders
  --port N            instead of any that is free
  --pod-mode MODE     of new pods: buildkit (real ones; the default where it can run), ready, running, scripted
  --certificate NAME  server (the default), expired, othername, none (plain HTTP: whoever reaches the port may do all)
  --help              this text

Commands, one a line, on the standard input:
${commandHelp}`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const ended = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ended.resolve());
  // A terminal that has been closed must not keep us from cleaning up.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  let options;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const podMode = options["pod-mode"] ?? (buildkitBlocker() === undefined ? "buildkit" : "ready");
  await using standin = await Standin.start({
    port: Number(options.port ?? 0),
    certificate: options.certificate as Certificate,
    podMode: podMode as PodMode,
  });
  standin.seed({ nodes: Number(options.nodes), pods: Number(options.pods), isBuildKit: options.builders });
  console.log(`${standin.url}\nexport KUBECONFIG=${standin.kubeconfig}`);
  const lines = createInterface({ input: process.stdin });
  void obey(standin, lines, ended.resolve);
  await ended.promise;
  lines.close();
  return 0;
}

/** Does what the lines say. At their end it goes on: without a terminal there are none. */
async function obey(standin: Standin, lines: AsyncIterable<string>, quit: () => void): Promise<void> {
  for await (const line of lines) {
    if (line.trim() === "quit") quit();
    else console.log(await runCommand(standin, line).catch(messageOf));
  }
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      nodes: { type: "string", default: "0" },
      pods: { type: "string", default: "0" },
      builders: { type: "boolean", default: false },
      port: { type: "string" },
      "pod-mode": { type: "string" },
      certificate: { type: "string", default: "server" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  for (const name of ["nodes", "pods", "port"] as const) {
    if (values[name] !== undefined && !/^\d+$/.test(values[name])) throw new Error(`--${name} is a number.`);
  }
  assertOneOf("--pod-mode", values["pod-mode"] ?? "ready", ["buildkit", "ready", "running", "scripted"]);
  assertOneOf("--certificate", values.certificate, ["server", "expired", "othername", "none"]);
  return values;
}

function assertOneOf(option: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) throw new Error(`${option} is one of ${known.join(", ")}.`);
}
