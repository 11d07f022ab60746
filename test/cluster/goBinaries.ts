import { execa } from "execa";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { basename, dirname, join } from "node:path";
import { LabError } from "./labError.ts";
import { readIfThere } from "./ledger.ts";
import { binDir } from "./paths.ts";
import type { Task } from "./progress.ts";

/** A program compiled from a pinned Go module. */
export interface GoBinary {
  /** Its path under the lab's `bin`. */
  readonly path: string;
  /** The folder under `modules` that pins it and everything below it. */
  readonly module: string;
  readonly package: string;
  /** The Go module whose version is the program's version … */
  readonly versionOf: string;
  /** … and the variable that is linked to it: without, buildkitd says `v0.0.0+unknown`, Kubernetes `v0.0.0-master`. */
  readonly versionVariable?: string;
  /** Built only when named. */
  readonly isOnDemand?: true;
}

const buildx = "github.com/docker/buildx";
const buildkit = "github.com/moby/buildkit";
const kubernetes = "k8s.io/kubernetes";
const containerd = "github.com/containerd/containerd/v2";
const cni = "github.com/containernetworking/plugins";
const etcd = "go.etcd.io/etcd/server/v3";

export const goBinaries: readonly GoBinary[] = [
  buildxBinary("docker-buildx", "buildx"),
  ...["buildkitd", "buildctl"].map((name) => ({
    ...program("buildkit", buildkit, `cmd/${name}`),
    versionVariable: `${buildkit}/version.Version`,
  })),
  ...["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"].map((name) =>
    program("kubernetes", kubernetes, `cmd/${name}`),
  ),
  ...["containerd", "containerd-shim-runc-v2", "ctr"].map((name) => ({
    ...program("containerd", containerd, `cmd/${name}`),
    versionVariable: `${containerd}/version.Version`,
  })),
  ...["main/bridge", "ipam/host-local"].map((name) => ({
    ...program("cni", cni, `plugins/${name}`),
    path: `cni/${basename(name)}`,
    versionVariable: `${cni}/pkg/utils/buildversion.BuildVersion`,
  })),
  { path: "etcd", module: "etcd", package: etcd, versionOf: etcd },
  { ...buildxBinary("docker-buildx-0.29", "buildx-0.29"), isOnDemand: true },
  { ...buildxBinary("docker-buildx-0.36", "buildx-0.36"), isOnDemand: true },
];

/** One task for each binary (of all, or of those named) that is not there as the modules pin it. */
export function goTasks(names: readonly string[] = []): Task[] {
  return outdatedBinaries(names).map((binary) => ({
    what: `compiling ${basename(binary.path)}`,
    run: () => compile(binary),
  }));
}

export function outdatedBinaries(names: readonly string[] = []): GoBinary[] {
  const unknown = names.filter((name) => !goBinaries.some(({ path }) => basename(path) === name));
  if (unknown.length > 0) {
    const known = goBinaries.map(({ path }) => basename(path)).join(", ");
    throw new LabError(`The lab has no ${unknown.join(", ")}. It can build: ${known}.`);
  }
  return goBinaries
    .filter(({ path, isOnDemand }) => (names.length > 0 ? names.includes(basename(path)) : !isOnDemand))
    .filter((binary) => !isUpToDate(binary));
}

/** Changes when a pinned version, of the module or of anything it uses, changes. */
export function moduleStamp(module: string): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) {
    hash.update(readFileSync(join(moduleDir(module), file)));
  }
  return hash.digest("hex").slice(0, 16);
}

function program(module: string, versionOf: string, packagePath: string): GoBinary {
  return { path: basename(packagePath), module, package: `${versionOf}/${packagePath}`, versionOf };
}

function buildxBinary(path: string, module: string): GoBinary {
  return { ...program(module, buildx, "cmd/buildx"), path, versionVariable: `${buildx}/version.Version` };
}

function isUpToDate({ path, module }: GoBinary): boolean {
  const file = join(binDir, path);
  return existsSync(file) && readIfThere(`${file}.stamp`).trim() === moduleStamp(module);
}

async function compile(binary: GoBinary): Promise<void> {
  const output = join(binDir, binary.path);
  mkdirSync(dirname(output), { recursive: true });
  removeDrafts(dirname(output));
  const draft = `${output}.${process.pid}.draft`;
  const flags = await linkerFlags(binary);
  const go = runGo(binary.module, ["build", "-ldflags", flags, "-o", draft, binary.package]);
  if (go.pid !== undefined) {
    setPriority(go.pid, 10); // minutes on all cores: the editor should stay usable meanwhile
  }
  await go;
  // In this order a kill at any moment leaves no stamp on an unfinished program; Go's own cache resumes the compile.
  rmSync(`${output}.stamp`, { force: true });
  renameSync(draft, output);
  writeFileSync(`${output}.stamp`, `${moduleStamp(binary.module)}\n`);
}

function removeDrafts(dir: string): void {
  for (const name of readdirSync(dir).filter((file) => file.endsWith(".draft"))) {
    rmSync(join(dir, name));
  }
}

async function linkerFlags({ module, versionOf, versionVariable }: GoBinary): Promise<string> {
  const { stdout: version } = await runGo(module, ["list", "-m", "-f", "{{.Version}}", versionOf]);
  const variables = versionOf === kubernetes ? kubernetesVersion(version) : [];
  if (versionVariable !== undefined) {
    variables.push(`${versionVariable}=${version}`);
  }
  return ["-s", "-w", ...variables.map((variable) => `-X ${variable}`)].join(" ");
}

function kubernetesVersion(version: string): string[] {
  const [, minor = ""] = version.split(".");
  return ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) => [
    `${path}.gitVersion=${version}`,
    `${path}.gitMajor=1`,
    `${path}.gitMinor=${minor}`,
    `${path}.gitTreeState=clean`,
  ]);
}

function runGo(module: string, args: readonly string[]) {
  return execa("go", args, {
    cwd: moduleDir(module),
    // -mod=readonly: nothing that go.sum does not name. Without cgo the programs run on any distribution.
    env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false -mod=readonly -trimpath", GOWORK: "off" },
  });
}

function moduleDir(module: string): string {
  return join(import.meta.dirname, "modules", module);
}
