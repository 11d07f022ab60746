import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findHost, type Host } from "./hosts.ts";
import { nodeEndsWithParent, scratchDir, startGroup, type ScratchDir } from "./owned.ts";

/** VS Code settings as in `settings.json`. */
export type Settings = Readonly<Record<string, unknown>>;

export interface ServerOptions {
  /** The newest host unless told otherwise. */
  readonly host?: Host;
  /** User settings on top of quiet, offline ones. */
  readonly settings?: Settings;
  /** Reaches the extension host and what it starts. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether folders start untrusted, as on a user's machine. Off unless a test is about it. */
  readonly trust?: boolean;
  /**
   * Whether the workbench takes extensions under development and test suites from its address. Off unless
   * one is needed: in this mode it shows no notifications, for instance.
   */
  readonly driver?: boolean;
  /** Extensions and user data of an earlier server; a temporary folder unless given. */
  readonly dataDir?: string;
}

/** What to open: entries of `payload` are what the desktop takes as `--name=value`. */
export interface WorkbenchTarget {
  readonly folder: string;
  readonly payload?: readonly (readonly [name: string, value: string])[];
}

/** A running VS Code server on the loopback interface. */
export interface Server {
  readonly host: Host;
  readonly dataDir: string;
  readonly exited: Promise<{ readonly reason: string }>;
  output(): string;
  url(target: WorkbenchTarget): string;
  /** The address of a local path as the workbench knows it. */
  remoteUri(file: string): string;
  /** Rewrites the user settings; a running workbench applies them. */
  writeSettings(settings: Settings): void;
  stop(): Promise<void>;
}

const quietSettings: Settings = {
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.enableExperiments": false,
  "workbench.tips.enabled": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "chat.disableAIFeatures": true,
  // Versions differ in whether they ask at the start or only say so.
  "security.workspace.trust.startupPrompt": "never",
  "git.openRepositoryInParentFolders": "never",
};

/** Starts a server and resolves when a browser can open its workbench. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { host = findHost(), settings = {}, env = {}, trust = false, driver = false } = options;
  const scratch = scratchDir("multiarch-host-");
  const dataDir = options.dataDir ?? path.join(scratch.path, "data");
  const writeSettings = (wanted: Settings) => {
    const merged = { ...quietSettings, "security.workspace.trust.enabled": trust, ...wanted };
    // Settings that belong to the machine are taken from the remote machine's own file, the others from the user's.
    for (const kind of ["User", "Machine"]) {
      const folder = path.join(dataDir, "data", kind);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, "settings.json"), JSON.stringify(merged, undefined, 2));
    }
  };
  writeSettings(settings);
  const flags = [
    // Else the login shell's environment would replace what was given, PATH first.
    "--force-disable-user-env",
    ...(trust ? [] : ["--disable-workspace-trust"]),
    // A built workbench ignores extensionDevelopmentPath and extensionTestsPath without it.
    ...(driver ? ["--enable-smoke-test-driver"] : []),
  ];
  const token = randomBytes(16).toString("hex");
  const group = startGroup(host.node, [...serverArgs(host, dataDir, token), ...flags], {
    env: { ...env, ...ownTemp(scratch) },
  });
  const stop = async () => {
    await group.stop();
    scratch.remove();
  };
  const authority = await group.printed(/listening on (\d+)[\s\S]*Web UI available/, 60_000).then(
    ([, port]) => `127.0.0.1:${port}`,
    async (error: unknown) => {
      await stop();
      throw error;
    },
  );
  return {
    host,
    dataDir,
    exited: group.exited,
    output: () => group.output(),
    url: (target) => workbenchUrl(authority, token, target),
    remoteUri: (file) => `vscode-remote://${authority}${path.resolve(file)}`,
    writeSettings,
    stop,
  };
}

/** Runs one command of the server's own command line, such as installing an extension. */
export async function runServerCommand(host: Host, dataDir: string, args: readonly string[]): Promise<string> {
  const scratch = scratchDir("multiarch-host-");
  const group = startGroup(host.node, [...commonArgs(host, dataDir), ...args], { env: ownTemp(scratch) });
  const { code, reason } = await group.exited;
  scratch.remove();
  if (code !== 0) throw new Error(`VS Code ${args.join(" ")} failed (${reason}):\n${group.output().slice(-3000)}`);
  return group.output();
}

/** Sockets and other temporary files of killed processes go away with the server. */
const ownTemp = (scratch: ScratchDir) => ({ TMPDIR: scratch.path, XDG_RUNTIME_DIR: scratch.path });

function commonArgs(host: Host, dataDir: string): string[] {
  const main = path.join(host.vscode, "out", "server-main.js");
  for (const file of [host.node, main])
    if (!existsSync(file))
      throw new Error(`VS Code ${host.version} is not installed (no ${file}). Run: npm run host:install`);
  return [nodeEndsWithParent, main, "--server-data-dir", dataDir, "--telemetry-level", "off"];
}

function serverArgs(host: Host, dataDir: string, token: string): string[] {
  return [
    ...commonArgs(host, dataDir),
    "--host=127.0.0.1",
    "--port=0",
    `--connection-token=${token}`,
    "--accept-server-license-terms",
    "--disable-getting-started-override",
  ];
}

function workbenchUrl(authority: string, token: string, { folder, payload = [] }: WorkbenchTarget): string {
  const url = new URL(`http://${authority}/`);
  url.searchParams.set("tkn", token);
  url.searchParams.set("folder", path.resolve(folder));
  if (payload.length > 0) url.searchParams.set("payload", JSON.stringify(payload));
  return url.href;
}
