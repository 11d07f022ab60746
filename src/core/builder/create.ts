import { createArgs, validateBuilderName } from "../buildx/args.ts";
import type { BuildxCli } from "../buildx/cli.ts";
import { lastError } from "../buildx/status.ts";
import { buildxConfigDir, readBuilders } from "../buildx/store.ts";
import { isAtLeast } from "../buildx/version.ts";
import type { KubeApi } from "../cluster/api.ts";
import type { ClusterAddress, ClusterConnection } from "../cluster/cluster.ts";
import { deleteNamespace, ensureNamespace } from "../cluster/namespaces.ts";
import { deleteBuilderObjects } from "../cluster/removal.ts";
import { deleteVolumeClaims, volumeClaims } from "../cluster/volumeClaims.ts";
import { findExisting } from "../cluster/workloads.ts";
import { isAbort, messageOf, UserError } from "../errors.ts";
import { DisposableStore } from "../event.ts";
import { t } from "../l10n.ts";
import { normalizePlatform, type Platform } from "../platform.ts";
import { processMark } from "../processes.ts";
import { bootBuilder } from "./boot.ts";
import { type BuilderDeps, removeLocalEntry } from "./deps.ts";
import { driverOptionsOf, usesVolumeClaims, validateDriverOptions } from "./driverOptions.ts";
import { isUnused } from "./namespaceUse.ts";
import { makePin, removePin, writeNote, type Pin } from "./pins.ts";
import type { ArchitectureProgress } from "./progress.ts";
import { UndoList } from "./undo.ts";

/** A builder on Kubernetes as it is wished for: one builder node per architecture. */
export interface NewBuilder {
  readonly name: string;
  readonly cluster: ClusterAddress;
  /** Made when it is missing. */
  readonly namespace: string;
  /** As Kubernetes calls them: `amd64`, `arm64`. */
  readonly architectures: readonly string[];
  /** Pods per architecture. */
  readonly replicas: number;
  /** Whether the cluster has machines that run no Linux. */
  readonly hasOtherSystems?: boolean;
  /** Path of a `buildkitd.toml`. */
  readonly buildkitdConfig?: string;
  /** More options of buildx's kubernetes driver, the same for all nodes. */
  readonly driverOptions?: Readonly<Record<string, string>>;
}

/** How far the creation is. */
export type CreateProgress =
  | { readonly kind: "preparing" }
  | { readonly kind: "starting"; readonly architectures: readonly ArchitectureProgress[] }
  /** It has failed or was cancelled, and what was made is being removed. */
  | { readonly kind: "cleaningUp" };

/** How a creation is watched and cancelled. */
export interface CreateOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CreateProgress) => void;
}

const createTimeoutMs = 60_000;

/**
 * Creates a builder and returns when all its pods are ready. When that fails or is cancelled, nothing is left: no
 * process, no entry in buildx's store, nothing in the cluster, no file.
 *
 * @throws UserError with the true cause, and with what could not be removed again; AbortError when it was cancelled
 */
export async function createBuilder(wish: NewBuilder, deps: BuilderDeps, options: CreateOptions): Promise<void> {
  options.onProgress({ kind: "preparing" });
  await refuseImpossible(wish, deps.env);
  const undo = new UndoList();
  const opened = new DisposableStore();
  try {
    await create(wish, { ...deps, ...options, undo, opened });
  } catch (error) {
    options.onProgress({ kind: "cleaningUp" });
    const problem = await undo.run();
    if (problem === undefined) throw error;
    const what = isAbort(error) ? t("Creating the builder “{0}” was cancelled.", wish.name) : messageOf(error);
    const remedy = t(
      "Not everything could be removed again: {0} It is tried again when the editor starts the next time, or remove the builder when the cause is gone.",
      problem,
    );
    throw new UserError(what, { remedy, cause: error });
  } finally {
    opened.dispose();
  }
}

interface Work extends BuilderDeps, CreateOptions {
  readonly undo: UndoList;
  /** What is to be closed when all is done or taken back. */
  readonly opened: DisposableStore;
}

async function create(wish: NewBuilder, work: Work): Promise<void> {
  const pin = await pinCluster(wish, work);
  work.undo.add(() => removePin(pin.kubeconfig));
  // From here on by the pinned file: the user's own may change its current context meanwhile.
  const connection = work.opened.add(await work.connections.open({ kubeconfig: pin.kubeconfig }));
  await createIn(connection, pin, wish, work);
  const { builder, store, source } = pin.note;
  await writeNote({ ...pin, note: { builder, store, source } });
}

async function pinCluster({ name, cluster }: NewBuilder, work: Work): Promise<Pin> {
  const chosen = await work.connections.open(cluster);
  try {
    const { access } = chosen.api;
    const source = { kubeconfig: cluster.kubeconfig, context: access.context.name };
    const note = { builder: name, store: buildxConfigDir(work.env), source, maker: processMark() ?? "" };
    return await makePin(work.kubeconfigFolder, access, note);
  } finally {
    chosen.dispose();
  }
}

async function createIn(connection: ClusterConnection, pin: Pin, wish: NewBuilder, work: Work): Promise<void> {
  const { kubeconfig } = pin;
  const { name, namespace, architectures, replicas } = wish;
  const { cli, env, signal, undo, onProgress } = work;
  const { api } = connection;
  const nodes = architectures.map((architecture) => ({ architecture, workload: `${name}-${architecture}`, replicas }));
  const names = nodes.map(({ workload }) => workload);

  let { note } = pin;
  await refuseForeign(api, namespace, names, signal);
  // Not cancelled half way: then nobody would know whether it was made.
  if ((await ensureNamespace(api, namespace)) === "created") {
    undo.add(async (end) => {
      if (await isUnused(api, namespace, end)) await deleteNamespace(api, namespace, end);
    });
    note = { ...note, madeNamespace: namespace };
    await writeNote({ ...pin, note });
  }
  undo.add(async () => {
    if (await isOurs(env, name, kubeconfig)) await removeLocalEntry({ cli, env }, name);
  });
  for (const [index, { architecture, workload }] of nodes.entries()) {
    await createNode({ ...wish, architecture }, workload, index > 0, { cli, kubeconfig, signal });
  }
  if (usesVolumeClaims(wish.driverOptions ?? {})) {
    // Claims of an earlier builder of this name hold its cache, which stays.
    const known = await volumeClaims(api, namespace, names, signal);
    await writeNote({ ...pin, note: { ...note, knownClaims: known } });
    undo.add((end) => deleteVolumeClaims(api, namespace, names, known, end));
  }
  undo.add((end) => deleteBuilderObjects(api, namespace, names, { signal: end }));
  await bootBuilder(
    { builder: name, nodes, namespace, kubeconfig },
    { cli, connection, signal, onProgress: (all) => onProgress({ kind: "starting", architectures: all }) },
  );
}

async function refuseImpossible(wish: NewBuilder, env: NodeJS.ProcessEnv): Promise<void> {
  const { name, architectures, replicas, driverOptions = {} } = wish;
  const unknown = architectures.find((architecture) => platformOf(architecture) === undefined);
  const problem =
    validateBuilderName(name) ??
    (architectures.length === 0 ? t("Choose at least one architecture.") : undefined) ??
    (unknown === undefined ? undefined : t("“{0}” is no architecture.", unknown)) ??
    (Number.isInteger(replicas) && replicas > 0 ? undefined : t("There must be at least one pod per architecture."));
  if (problem !== undefined) throw new UserError(problem);
  const wrongOption = validateDriverOptions(driverOptions);
  if (wrongOption !== undefined) throw new UserError(wrongOption, { action: "openSettings" });
  const builders = await readBuilders(env);
  if (builders.some((builder) => builder.name.toLowerCase() === name)) {
    throw new UserError(t("There is a builder “{0}” already.", name), { remedy: t("Choose another name.") });
  }
}

/** buildx would adopt an existing workload as it is, and removing the builder would delete it. */
async function refuseForeign(
  api: KubeApi,
  namespace: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const [existing] = await findExisting(api, namespace, names, signal);
  if (!existing) return;
  throw new UserError(
    t(
      "The namespace “{0}” has a {1} “{2}” already, which is not this builder’s.",
      namespace,
      existing.kind,
      existing.name,
    ),
    { remedy: t("Choose another name for the builder, or another namespace.") },
  );
}

async function createNode(
  wish: NewBuilder & { readonly architecture: string },
  name: string,
  isAppended: boolean,
  { cli, kubeconfig, signal }: { readonly cli: BuildxCli; readonly kubeconfig: string; readonly signal: AbortSignal },
): Promise<void> {
  const args = createArgs({
    builder: wish.name,
    name,
    platform: platformOf(wish.architecture) ?? "",
    driverOptions: driverOptionsOf(wish, { timeout: isAtLeast(cli.version, "0.15.0") }),
    buildkitdConfig: wish.buildkitdConfig,
    isAppended,
  });
  const { exitCode, stderr } = await cli.run(args, { kubeconfig, signal, timeoutMs: createTimeoutMs });
  if (exitCode === 0) return;
  const isSetUp = wish.buildkitdConfig !== undefined || Object.keys(wish.driverOptions ?? {}).length > 0;
  const action = isSetUp ? "openSettings" : undefined;
  throw new UserError(t("buildx cannot create the builder: {0}", lastError(stderr)), { action });
}

/** The platform that a machine of this architecture builds; buildx routes by it, letter for letter. */
function platformOf(architecture: string): Platform | undefined {
  return normalizePlatform(architecture === "arm" ? "linux/arm/v7" : `linux/${architecture}`);
}

/** Somebody else may have made a builder of that name while we did. */
async function isOurs(env: NodeJS.ProcessEnv, name: string, kubeconfig: string): Promise<boolean> {
  const builder = (await readBuilders(env)).find((one) => one.name.toLowerCase() === name);
  return builder?.nodes.some((node) => node.kubernetes?.kubeconfig === kubeconfig) === true;
}
