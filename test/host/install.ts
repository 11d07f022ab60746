import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import path from "node:path";
import { ensureChromium } from "./chromium.ts";
import { exclusively } from "./exclusively.ts";
import { allHosts, hostsDir, pinsDigest, type Host } from "./hosts.ts";
import { isMain } from "./isMain.ts";
import { nodeEndsWithParent, startGroup } from "./owned.ts";
import { showProgress } from "./progress.ts";

/** Installs every host that is missing or out of date, and a browser. Does nothing when all is there. */
export async function installHosts(hosts: readonly Host[] = allHosts()): Promise<void> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(`The offline VS Code hosts run on Linux x64 only, not on ${process.platform} ${process.arch}.`);
  await ensureChromium();
  if (hosts.every(isInstalled)) return;
  await exclusively(
    `multi-arch-builds ${hostsDir()}`,
    () => process.stderr.write("Another process is installing the VS Code hosts: waiting for it …\n"),
    async () => {
      // One after the other: npm's cache and the disk are the limit, not the processor.
      for (const host of hosts) if (!isInstalled(host)) await installHost(host);
    },
  );
}

/** Whether this very set of pinned packages is installed. */
export function isInstalled(host: Host): boolean {
  return hasStamp(host, "installed");
}

async function installHost(host: Host): Promise<void> {
  mkdirSync(host.dir, { recursive: true });
  await rm(stampFile(host, "installed"), { force: true });
  // Two steps with a stamp each: an interrupted run goes on where it was, its downloads are in npm's cache.
  if (!hasStamp(host, "unpacked")) {
    for (const file of ["package.json", "package-lock.json"])
      await cp(path.join(host.pins, file), path.join(host.dir, file));
    await npmCi(host.dir, `VS Code ${host.version} [1/2]`);
    writeStamp(host, "unpacked");
  }
  // The server's package.json and lock file are replaced by ours. Its own two do not fit each other, and name
  // packages that need git (the floor's @parcel/watcher), a compiler (its node-pty), a download at install
  // time (its @vscode/ripgrep) or 215 MB for chat, which is switched off: ours name the nearest that need none.
  await rm(path.join(host.vscode, "npm-shrinkwrap.json"), { force: true });
  await cp(path.join(host.pins, "server"), host.vscode, { recursive: true });
  await npmCi(host.vscode, `VS Code ${host.version} [2/2]`);
  await checkVersion(host);
  writeStamp(host, "installed");
}

async function npmCi(dir: string, what: string): Promise<void> {
  const total = packagesIn(path.join(dir, "package-lock.json"));
  const progress = showProgress(what);
  progress.at("starting npm");
  let fetched = 0;
  const npm = startGroup(
    "npm",
    ["ci", "--omit=dev", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=http"],
    {
      cwd: dir,
      // Else an npm whose starter was killed would go on writing beside the next one.
      env: { NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} ${nodeEndsWithParent}` },
      onOutput(text) {
        fetched += text.match(/\.tgz /g)?.length ?? 0;
        progress.at(`${Math.min(fetched, total)} of ${total} packages`);
      },
    },
  );
  const { code, reason } = await npm.exited;
  if (code !== 0) throw new Error(`${what}: npm ci failed in ${dir} (${reason})\n${npm.output().slice(-3000)}`);
  progress.done(`${total} packages`);
}

/** How many packages of a lock file this machine gets. */
function packagesIn(lockFile: string): number {
  const lock = JSON.parse(readFileSync(lockFile, "utf8")) as {
    readonly packages: Readonly<
      Record<string, { readonly dev?: boolean; readonly os?: string[]; readonly cpu?: string[] }>
    >;
  };
  return Object.entries(lock.packages).filter(
    ([name, { dev, os, cpu }]) => name && !dev && isOurs(os, process.platform) && isOurs(cpu, process.arch),
  ).length;
}

const isOurs = (wanted: string[] | undefined, own: string) => !wanted || wanted.includes(own);

/** The server must start and be the version it is filed under. */
async function checkVersion(host: Host): Promise<void> {
  const server = startGroup(host.node, [path.join(host.vscode, "out", "server-main.js"), "--version"]);
  const { code, reason } = await server.exited;
  if (code !== 0 || !server.output().includes(host.version))
    throw new Error(
      `The server of VS Code ${host.version} does not work (${reason}):\n${server.output().slice(-3000)}`,
    );
}

type Stamp = "unpacked" | "installed";

const stampFile = (host: Host, stamp: Stamp) => path.join(host.dir, `${stamp}.sha256`);

function hasStamp(host: Host, stamp: Stamp): boolean {
  const file = stampFile(host, stamp);
  return existsSync(file) && readFileSync(file, "utf8") === pinsDigest(host);
}

const writeStamp = (host: Host, stamp: Stamp) => writeFileSync(stampFile(host, stamp), pinsDigest(host));

if (isMain(import.meta)) {
  const hosts = allHosts();
  await installHosts(hosts);
  console.log(`VS Code hosts ready: ${hosts.map((host) => host.version).join(", ")} in ${hostsDir()}`);
}
