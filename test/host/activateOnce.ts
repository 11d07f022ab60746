import { build } from "esbuild";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ActivationRun } from "./activationProbe.ts";
import { runTestModule } from "./automation.ts";
import { launchBrowser } from "./browser.ts";
import type { Host } from "./hosts.ts";
import { scratchDir } from "./owned.ts";
import { startServer, type Server } from "./server.ts";
import { installVsix } from "./vsix.ts";

/** An extension as VS Code has installed it; every run starts from a copy. */
export interface InstalledExtension {
  readonly id: string;
  readonly dataDir: string;
}

/** Installs a packaged extension below a folder. */
export async function installForRuns(host: Host, vsix: string, dataDir: string): Promise<InstalledExtension> {
  await installVsix(host, dataDir, vsix);
  const list = readFileSync(path.join(dataDir, "extensions", "extensions.json"), "utf8");
  const [extension] = JSON.parse(list) as { readonly identifier: { readonly id: string } }[];
  if (!extension) throw new Error(`VS Code has not installed ${vsix}`);
  return { id: extension.identifier.id, dataDir };
}

/** Makes the smallest extension there can be: what its activation takes is VS Code's own part. */
export function makeEmptyExtension(dataDir: string): InstalledExtension {
  const dir = path.join(dataDir, "extensions", "probe.empty-1.0.0");
  writeExtension(dir, { name: "empty", version: "1.0.0", type: "module", main: "./extension.js" });
  writeFileSync(path.join(dir, "extension.js"), "export function activate() {}\n");
  return { id: "probe.empty", dataDir };
}

/** Bundles the module that measures, with the extension that VS Code wants beside it. */
export async function buildProbe(dir: string): Promise<string> {
  writeExtension(dir, { name: "measure", version: "1.0.0" });
  const file = path.join(dir, "probe.cjs");
  await build({
    entryPoints: [path.join(import.meta.dirname, "activationProbe.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    external: ["vscode"],
  });
  return file;
}

/** Activates an extension once, in a VS Code of its own. */
export async function activateOnce(
  host: Host,
  { id, dataDir }: InstalledExtension,
  probe: string,
): Promise<ActivationRun> {
  const scratch = scratchDir("multiarch-once-");
  try {
    const home = path.join(scratch.path, "home");
    const folder = path.join(scratch.path, "folder");
    const result = path.join(scratch.path, "result.json");
    mkdirSync(home);
    mkdirSync(folder);
    writeFileSync(path.join(folder, "Dockerfile"), "FROM scratch\n");
    const copy = path.join(scratch.path, "data");
    cpSync(dataDir, copy, { recursive: true });
    // Whoever runs this has builders and clusters of their own, which take time to read.
    const ownConfig = { HOME: home, KUBECONFIG: undefined, DOCKER_CONFIG: undefined, BUILDX_CONFIG: undefined };
    const env = { ...ownConfig, ACTIVATION_ID: id, ACTIVATION_RESULT: result };
    const server = await startServer({ host, driver: true, dataDir: copy, env, settings: { "git.enabled": false } });
    const end = await runProbe(server, folder, probe);
    if (!existsSync(result)) throw new Error(`The activation of ${id} was not measured: ${end}`);
    return JSON.parse(readFileSync(result, "utf8")) as ActivationRun;
  } finally {
    scratch.remove();
  }
}

/** Resolves to how the extension host ended, and what it said was wrong. Stops the server. */
async function runProbe(server: Server, folder: string, probe: string): Promise<string> {
  const errors: string[] = [];
  try {
    const browser = await launchBrowser();
    try {
      const { code, reason } = await runTestModule(server, browser.page, {
        file: probe,
        folder,
        extensionDevelopmentPaths: [path.dirname(probe)],
        timeoutMs: 120_000,
        onLog: (line) => line.startsWith("[error]") && errors.push(line),
      });
      return [reason ?? `exit code ${code}`, ...errors.slice(-5)].join("\n");
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
}

function writeExtension(dir: string, manifest: Readonly<Record<string, string>>): void {
  mkdirSync(dir, { recursive: true });
  const full = { publisher: "probe", engines: { vscode: "^1.106.0" }, ...manifest };
  writeFileSync(path.join(dir, "package.json"), JSON.stringify(full));
}
