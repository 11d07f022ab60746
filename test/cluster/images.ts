import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { unpackClosure } from "./debian.ts";
import { moduleStamp } from "./goBinaries.ts";
import { readIfThere } from "./ledger.ts";
import { labNodes } from "./nodes.ts";
import type { Architecture, LabNode } from "./nodes.ts";
import { archiveLayout, writeLayout } from "./ociLayout.ts";
import type { Image } from "./ociLayout.ts";
import { binDir, imageDir, packageDir } from "./paths.ts";
import type { Task } from "./progress.ts";

/** The image buildx's kubernetes driver asks for. Its tag is not `latest`, so Kubernetes takes the imported one. */
export const buildkitImage = "docker.io/moby/buildkit:buildx-stable-1";
/** What holds a pod's namespaces. Local, so that no registry is asked for the usual one. */
export const pauseImage = "docker.io/multiarch-lab/pause:1";

/** Base images for Dockerfiles, in the lab's registry under these names with tag 1, for both architectures. */
export const baseImages = ["base", "toolchain"] as const;
export const baseImageTag = "1";
export type BaseImage = (typeof baseImages)[number];

const toolchainPackages = ["gcc", "libc6-dev", "make", "bash", "coreutils", "sed", "grep"];

// To be raised when the code below changes what is in the images.
const revision = 1;

/** The images a node's containerd imports at `up`. */
export function nodeImagesArchive(architecture: Architecture): string {
  return join(imageDir, `node-${architecture}.tar`);
}

export function baseImageLayout(name: BaseImage): string {
  return join(imageDir, name);
}

/** One task for each file of images that is not there or made of something else than it would be now. */
export function imageTasks(): Task[] {
  return [...labNodes.map(nodeRecipe), baseRecipe, toolchainRecipe].filter(isOutdated).map((recipe) => ({
    what: `making ${recipe.what}`,
    run: () => make(recipe),
  }));
}

interface Recipe {
  readonly what: string;
  /** The file or folder to be made. */
  readonly target: string;
  /** A text that changes with what goes in. */
  readonly inputs: string;
  /** Makes `draft`, to become the target; `parts` is a path for what it is made of. */
  readonly write: (draft: string, parts: string) => Promise<void>;
}

const baseRecipe: Recipe = { what: "image base", target: baseImageLayout("base"), inputs: "", write: writeBase };

const toolchainRecipe: Recipe = {
  what: "image toolchain",
  target: baseImageLayout("toolchain"),
  inputs: toolchainPackages.join(" "),
  write: writeToolchain,
};

function nodeRecipe({ name, architecture }: LabNode): Recipe {
  return {
    what: `images of ${name}`,
    target: nodeImagesArchive(architecture),
    inputs: moduleStamp("buildkit"),
    write: (draft, parts) => writeNodeImages(architecture, draft, parts),
  };
}

function isOutdated(recipe: Recipe): boolean {
  return !existsSync(recipe.target) || readIfThere(`${recipe.target}.stamp`).trim() !== stampOf(recipe);
}

function stampOf({ inputs }: Recipe): string {
  return createHash("sha256").update(`${revision} ${inputs}`).digest("hex").slice(0, 16);
}

async function make(recipe: Recipe): Promise<void> {
  mkdirSync(imageDir, { recursive: true });
  removeScratch();
  const scratch = mkdtempSync(join(imageDir, "scratch-"));
  await recipe.write(join(scratch, "draft"), join(scratch, "parts"));
  rmSync(recipe.target, { recursive: true, force: true });
  renameSync(join(scratch, "draft"), recipe.target);
  writeFileSync(`${recipe.target}.stamp`, `${stampOf(recipe)}\n`);
  rmSync(scratch, { recursive: true });
}

/** Left by an interrupted run; the lock is ours, so nobody is at it. */
function removeScratch(): void {
  for (const name of readdirSync(imageDir).filter((file) => file.startsWith("scratch-"))) {
    rmSync(join(imageDir, name), { recursive: true });
  }
}

async function writeNodeImages(architecture: Architecture, draft: string, parts: string): Promise<void> {
  const pauseRoot = join(parts, "pause");
  const buildkitRoot = join(parts, "buildkit");
  addBusybox(pauseRoot, "amd64");
  addBusybox(buildkitRoot, "amd64");
  addBuildkit(buildkitRoot);
  const images: Image[] = [
    // amd64 on every node: the programs are, and containerd takes no other from an index on this machine.
    nodeImage(pauseImage, pauseRoot, { Entrypoint: ["/bin/tail", "-f", "/dev/null"], Env: ["PATH=/bin"] }),
    nodeImage(buildkitImage, buildkitRoot, {
      // Kubernetes' `args` replace only Cmd, so this stays and the builder behaves as on a real node of that
      // architecture: it is the first of its platforms, hence BUILDPLATFORM, without a flag of the client's.
      Entrypoint: ["buildkitd", `--oci-worker-platform=linux/${architecture}`],
      Env: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"],
      Volumes: { "/var/lib/buildkit": {} },
    }),
  ];
  const layout = join(parts, "layout");
  await writeLayout(layout, images, false);
  await archiveLayout(layout, draft);
}

function nodeImage(name: string, rootDir: string, config: Record<string, unknown>): Image {
  return { name, platforms: [{ architecture: "amd64", rootDir, config }] };
}

function addBuildkit(root: string): void {
  for (const dir of ["etc/buildkit", "var/lib/buildkit", "run", "proc", "sys", "dev", "root"]) {
    mkdirSync(join(root, dir), { recursive: true });
  }
  for (const name of ["buildkitd", "buildctl"]) {
    copyFile(join(binDir, name), join(root, "usr/bin", name));
  }
  // Debian's runc is linked dynamically: its loader and its two libraries come along.
  copyFile(join(packageDir, "runc/usr/sbin/runc"), join(root, "usr/bin/buildkit-runc"));
  const libraries = "lib/x86_64-linux-gnu";
  copyFile("/lib64/ld-linux-x86-64.so.2", join(root, "lib64/ld-linux-x86-64.so.2"));
  copyFile(`/${libraries}/libc.so.6`, join(root, libraries, "libc.so.6"));
  const seccomp = join(packageDir, "libseccomp2/usr", libraries, "libseccomp.so.2");
  copyFile(seccomp, join(root, libraries, basename(seccomp)));
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
}

/** With the packages' links followed. */
function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function addBusybox(root: string, architecture: Architecture): void {
  const home = architecture === "amd64" ? packageDir : join(packageDir, architecture);
  copyFile(join(home, "busybox-static/bin/busybox"), join(root, "bin/busybox"));
  mkdirSync(join(root, "tmp"), { mode: 0o1777 });
  for (const applet of busyboxApplets) {
    symlinkSync("busybox", join(root, "bin", applet));
  }
}

const busyboxApplets =
  `awk cat chmod cp cut date dd df du echo env expr false find grep gzip head hostname id ip kill ln ls md5sum mkdir
  mount mv nc printf ps pstree rm rmdir sed seq sh sha256sum sleep sort stat tail tar tee test touch tr true umount uname
  uniq wc wget xargs yes`.split(/\s+/);

async function writeBase(draft: string, parts: string): Promise<void> {
  const rootOf = (architecture: Architecture) => join(parts, architecture);
  for (const { architecture } of labNodes) {
    addBusybox(rootOf(architecture), architecture);
  }
  await writeBaseLayout(draft, "base", rootOf, { Cmd: ["sh"], Env: ["PATH=/bin"] });
}

async function writeToolchain(draft: string, parts: string): Promise<void> {
  const rootOf = (architecture: Architecture) => join(parts, architecture);
  for (const { architecture } of labNodes) {
    const root = rootOf(architecture);
    await unpackClosure(architecture, toolchainPackages, root);
    removeUnneeded(root);
    mkdirSync(join(root, "tmp"), { recursive: true, mode: 0o1777 });
    link("bash", join(root, "usr/bin/sh")); // bash, since busybox as `sh` prefers its own applets to real tools
    link("gcc", join(root, "usr/bin/cc"));
  }
  await writeBaseLayout(draft, "toolchain", rootOf, { Cmd: ["bash"], Env: ["PATH=/usr/bin:/bin"] });
}

function link(target: string, path: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

/** Half of the toolchain's size is not needed to compile a small program. */
function removeUnneeded(root: string): void {
  for (const dir of ["doc", "man", "info", "locale", "i18n", "perl", "bash-completion"]) {
    rmSync(join(root, "usr/share", dir), { recursive: true, force: true });
  }
  for (const path of readdirSync(join(root, "usr/lib"), { recursive: true, encoding: "utf8" })) {
    if (/(?:\/lib[a-z]*san[._].*|\/lto1|\/libgprofng.*|\/libstdc\+\+\.a|\/gconv\/.*\.so)$/.test(path)) {
      rmSync(join(root, "usr/lib", path), { force: true });
    }
  }
}

function writeBaseLayout(
  draft: string,
  name: BaseImage,
  rootOf: (architecture: Architecture) => string,
  config: Record<string, unknown>,
): Promise<void> {
  const platforms = labNodes.map(({ architecture }) => ({ architecture, rootDir: rootOf(architecture), config }));
  return writeLayout(draft, [{ name, platforms }], true);
}
