import { execa } from "execa";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Architecture } from "./nodes.ts";
import { cacheDir, findProgram, packageDir } from "./paths.ts";
import type { Task } from "./progress.ts";

/** Programs the lab calls, and the Debian package each one is in. */
const systemPrograms = { ip: "iproute2", ss: "iproute2", openssl: "openssl", mount: "mount", tar: "tar" };
/** For Go, to fetch its modules. */
const authorities = { file: "/etc/ssl/certs/ca-certificates.crt", package: "ca-certificates" };

/** Unpacked into the cache: runc needs cgo and so is not built from modules; the rest fills images and binfmt_misc. */
const hostPackages = ["runc", "libseccomp2", "busybox-static", "qemu-user-static", "docker-registry"] as const;

// The lists of packages may be missing (fresh container images), and downloads need no unprivileged user here.
const asRoot = ["-qq", "-o", "APT::Sandbox::User=root"];

/** Installs what the lab calls on this machine and a bare Debian does not have. */
export function systemToolTasks(): Task[] {
  const programs = Object.entries(systemPrograms).filter(([name]) => findProgram(name) === undefined);
  const missing = [
    ...new Set(programs.map(([, packageName]) => packageName)),
    ...(existsSync(authorities.file) ? [] : [authorities.package]),
  ];
  const run = async () => {
    await apt(["update"]);
    await apt(["install", "-y", "--no-install-recommends", ...missing], { DEBIAN_FRONTEND: "noninteractive" });
  };
  return missing.length > 0 ? [{ what: `installing ${missing.join(", ")}`, run }] : [];
}

export function packageTasks(): Task[] {
  const missing = hostPackages.filter((name) => !existsSync(join(packageDir, name)));
  const tasks = missing.map((name, index) => ({
    what: `downloading ${name}`,
    run: async () => {
      if (index === 0) {
        await apt(["update"]);
      }
      await downloadPackage(name, join(packageDir, name));
    },
  }));
  const arm64Busybox = join(packageDir, "arm64", "busybox-static");
  if (existsSync(arm64Busybox)) {
    return tasks;
  }
  const run = () =>
    withForeignApt("arm64", async (options) => downloadPackage("busybox-static", arm64Busybox, options));
  return [...tasks, { what: "downloading busybox-static for arm64", run }];
}

/**
 * Makes a root file system of packages and all they depend on: unpacked only, no maintainer scripts. With `usr` merged,
 * as newer packages expect; links are followed, so older ones fit in as well.
 */
export async function unpackClosure(architecture: Architecture, names: readonly string[], root: string): Promise<void> {
  for (const dir of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(join(root, "usr", dir), { recursive: true });
    await execa("ln", ["-s", `usr/${dir}`, join(root, dir)]);
  }
  await withForeignApt(architecture, async (options, archives) => {
    await apt([...options, "install", "-y", "--download-only", "--no-install-recommends", ...names]);
    for (const archive of readdirSync(archives).filter((file) => file.endsWith(".deb"))) {
      await execa("dpkg-deb", ["--fsys-tarfile", join(archives, archive)], { buffer: false, encoding: "buffer" }).pipe(
        "tar",
        ["-x", "--keep-directory-symlink", "-C", root],
      );
    }
  });
}

function apt(args: readonly string[], env: Record<string, string> = {}, cwd = "/") {
  return execa("apt-get", [...asRoot, ...args], { cwd, env });
}

async function downloadPackage(name: string, target: string, options: readonly string[] = []): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "multiarch-lab-"));
  chmodSync(scratch, 0o755);
  try {
    await apt([...options, "download", name], {}, scratch);
    const archives = readdirSync(scratch).filter((file) => file.endsWith(".deb"));
    const draft = `${target}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    await execa("dpkg", ["-x", join(scratch, archives[0] ?? ""), draft]);
    if (name === "qemu-user-static") {
      keepOnlyAarch64(join(draft, "usr/bin"));
    }
    renameSync(draft, target);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The package emulates every processor there is, in 370 MB. */
function keepOnlyAarch64(dir: string): void {
  for (const file of readdirSync(dir).filter((name) => name !== "qemu-aarch64-static")) {
    rmSync(join(dir, file));
  }
}

/** Runs `work` with apt options for another architecture and a state of their own: the machine's apt stays as it is. */
async function withForeignApt(
  architecture: Architecture,
  work: (options: readonly string[], archives: string) => Promise<void>,
): Promise<void> {
  const dir = join(cacheDir, `apt-${architecture}`);
  rmSync(dir, { recursive: true, force: true });
  const archives = join(dir, "cache/archives");
  for (const path of [join(dir, "lists/partial"), join(archives, "partial"), join(dir, "parts")]) {
    mkdirSync(path, { recursive: true });
  }
  writeFileSync(join(dir, "status"), ""); // nothing installed: everything depended on is downloaded
  copyDebianSources(join(dir, "parts"));
  const options = Object.entries({
    "APT::Architecture": architecture,
    "APT::Architectures::": architecture,
    "Dir::State::Lists": join(dir, "lists"),
    "Dir::State::status": join(dir, "status"),
    "Dir::Cache": join(dir, "cache"),
    "Dir::Etc::sourcelist": "/dev/null",
    "Dir::Etc::sourceparts": join(dir, "parts"),
    "Acquire::Languages": "none",
  }).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  try {
    await apt([...options, "update"]);
    await work(options, archives);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Only Debian's own: other vendors' sources may lack the architecture and would fail the update. */
function copyDebianSources(target: string): void {
  const parts = "/etc/apt/sources.list.d";
  const files = existsSync(parts) ? readdirSync(parts).filter((name) => name.includes("debian")) : [];
  const paths = files.map((name) => join(parts, name));
  if (paths.length === 0) {
    paths.push("/etc/apt/sources.list");
  }
  for (const path of paths) {
    const name = basename(path);
    cpSync(path, join(target, name === "sources.list" ? "debian.list" : name));
  }
}
