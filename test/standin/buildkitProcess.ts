import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { binDir, findProgram, packageDir } from "../cluster/paths.ts";
import { removeCgroup } from "./cgroups.ts";
import type { Ending } from "./podStatus.ts";

/** What a pod's BuildKit is started with. */
export interface BuildkitOptions {
  /** Of the pod alone; short, since the path of a socket may have 107 bytes. */
  readonly dir: string;
  readonly architecture: string;
  /** Of the pod's container. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files of `/etc/buildkit`, by their path in there. */
  readonly config: ReadonlyMap<string, Buffer>;
}

/** In the environment of all processes of a pod, with the stand-in's folder as the value. */
export const marker = "MULTI_ARCH_STANDIN";

/** Debian's runc needs one that may not be installed. */
const libraries = path.join(packageDir, "libseccomp2/usr/lib/x86_64-linux-gnu");

/** Why BuildKit cannot run here; undefined where it can. */
export function buildkitBlocker(): string | undefined {
  if (process.platform !== "linux") return "BuildKit needs Linux";
  if (process.getuid?.() !== 0) return "BuildKit needs root";
  const missing = ["buildkitd", "buildctl"].filter((name) => !existsSync(path.join(binDir, name)));
  return missing.length === 0 ? undefined : `not compiled yet: ${missing.join(", ")} (npm run lab -- build)`;
}

/**
 * A buildkitd that plays the one of a pod. It has process and mount namespaces of its own, so that nothing of it is
 * left when it is killed: no step's process, no mount; it ends with this process, too, however that ends.
 */
export class BuildkitProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
  readonly logPath: string;
  readonly #outer: ChildProcess;

  constructor({ dir, architecture, args, env, config }: BuildkitOptions) {
    mkdirSync(dir, { recursive: true });
    const cgroup = `${path.basename(path.dirname(dir))}-${path.basename(dir)}`;
    const socket = `unix://${path.join(dir, "buildkitd.sock")}`;
    const search = [binDir, placeRunc(path.join(dir, "bin")), process.env["PATH"] ?? ""].join(":");
    this.env = {
      ...process.env,
      ...env,
      PATH: search,
      LD_LIBRARY_PATH: libraries,
      BUILDKIT_HOST: socket,
      [marker]: path.dirname(dir),
    };
    this.logPath = path.join(dir, "log");
    const flags = [
      `--root=${path.join(dir, "root")}`,
      `--addr=${socket}`,
      `--otel-socket-path=${path.join(dir, "otel.sock")}`,
      `--config=${writeConfig(path.join(dir, "etc"), config, cgroup)}`,
      ...(args.some((arg) => arg.startsWith("--oci-worker-platform"))
        ? []
        : [`--oci-worker-platform=linux/${architecture}`]),
      ...args,
    ];
    const namespaces = ["unshare", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child"];
    const log = openSync(this.logPath, "a");
    this.#outer = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...namespaces, "buildkitd", ...flags], {
      cwd: dir,
      env: this.env,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.ended = this.#end(cgroup, path.join(dir, "root"));
  }

  /** True when it answers. */
  async isServing(): Promise<boolean> {
    const probe = spawn("buildctl", ["debug", "workers"], { env: this.env, stdio: "ignore" });
    const { promise, resolve } = Promise.withResolvers<boolean>();
    probe.once("error", () => resolve(false));
    probe.once("exit", (code) => resolve(code === 0));
    void this.ended.then(() => probe.kill("SIGKILL"));
    return promise;
  }

  /** Signals buildkitd itself. */
  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#outer;
    if (pid === undefined || this.#outer.exitCode !== null || this.#outer.signalCode !== null) return;
    // unshare passes no signal on.
    const inner = childrenOf(pid)[0];
    try {
      process.kill(inner ?? pid, signal);
    } catch {
      // it has ended meanwhile
    }
  }

  async #end(cgroup: string, root: string): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.#outer.once("error", ({ message }) => resolve({ exitCode: 128, reason: "StartError", message }));
    this.#outer.once("exit", (code, signal) => resolve({ exitCode: code ?? (signal === "SIGTERM" ? 143 : 137) }));
    const ending = await promise;
    removeCgroup(cgroup);
    rmSync(root, { recursive: true, force: true });
    return ending;
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .split(" ")
      .map(Number)
      .filter((child) => child > 0);
  } catch {
    return []; // it has ended
  }
}

/** The pod's own files, and a control group of its own for the steps, since what is in the usual one stays. */
function writeConfig(dir: string, config: ReadonlyMap<string, Buffer>, cgroup: string): string {
  mkdirSync(dir, { recursive: true });
  for (const [name, content] of config) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), content.toString("utf8").replaceAll("/etc/buildkit/", `${dir}/`));
  }
  const file = path.join(dir, "buildkitd.toml");
  const own = existsSync(file) ? readFileSync(file, "utf8") : "";
  const setting = `[worker.oci]\n  defaultCgroupParent = "${cgroup}"\n`;
  const isThere = /^\s*\[worker\.oci\]\s*$/m.test(own);
  writeFileSync(file, isThere ? own.replace(/^\s*\[worker\.oci\]\s*$/m, setting) : `${own}\n${setting}`);
  return file;
}

/**
 * Puts runc where buildkitd looks for it, in a folder for its PATH. Without one it does not start, so a program that only
 * says that there is none lets it build what has no RUN.
 */
function placeRunc(dir: string): string {
  mkdirSync(dir, { recursive: true });
  const target = path.join(dir, "buildkit-runc");
  const unpacked = path.join(packageDir, "runc/usr/sbin/runc");
  const found = existsSync(unpacked) ? unpacked : (findProgram("buildkit-runc") ?? findProgram("runc"));
  if (found !== undefined) symlinkSync(found, target);
  else writeFileSync(target, "#!/bin/sh\necho 'there is no runc on this machine' >&2\nexit 1\n", { mode: 0o755 });
  return dir;
}
