import * as vscode from "vscode";
import { views, type ExplorerRow } from "../../contributions.ts";
import { builderPlace } from "../../core/builder/builderCluster.ts";
import type { BusyBuilders } from "../../core/builder/busy.ts";
import { createBuilder, type CreateProgress, type NewBuilder } from "../../core/builder/create.ts";
import type { Builds } from "../../core/build/builds.ts";
import type { BuilderUpkeep } from "../../core/builder/upkeep.ts";
import { usesVolumeClaims } from "../../core/builder/driverOptions.ts";
import type { BuilderDeps } from "../../core/builder/deps.ts";
import { ClusterOutOfReach, removeBuilder } from "../../core/builder/remove.ts";
import type { Builder } from "../../core/buildx/builder.ts";
import type { BuilderStore } from "../../core/buildx/store.ts";
import type { ClusterConnections } from "../../core/cluster/cluster.ts";
import { contextsOf, loadKubeconfig } from "../../core/cluster/kubeconfig.ts";
import { firstOf } from "../../core/cluster/first.ts";
import { UserError } from "../../core/errors.ts";
import type { BuildxAccess } from "../buildxAccess.ts";
import { signalOf } from "../cancellation.ts";
import { runCommand } from "../commands.ts";
import { confirm, showErrorText, showText, withoutLinks } from "../messages.ts";
import { setting } from "../settings.ts";
import { pickOne } from "../wizard.ts";
import { askBuilder, type ClusterChoice } from "./askBuilder.ts";

/** What the controller needs of the rest of the extension. */
export interface BuilderControllerOptions {
  readonly log: vscode.LogOutputChannel;
  readonly buildx: BuildxAccess;
  readonly store: BuilderStore;
  readonly connections: ClusterConnections;
  readonly env: NodeJS.ProcessEnv;
  /** Where the kubeconfigs are that pin builders to their clusters. */
  readonly kubeconfigFolder: string;
  readonly upkeep: BuilderUpkeep;
  readonly busy: BusyBuilders;
  readonly builds: Builds;
}

/** The commands that create and remove builders. */
export class BuilderController {
  readonly #options: BuilderControllerOptions;
  readonly #end = new AbortController();
  readonly #tasks = new Set<Promise<void>>();

  constructor(options: BuilderControllerOptions) {
    this.#options = options;
  }

  async create(): Promise<void> {
    const { store } = this.#options;
    const [builders, clusters, deps] = await Promise.all([store.refresh(), this.#clusters(), this.#deps()]);
    const wish = await askBuilder(
      clusters,
      builders.map((builder) => builder.name),
    );
    if (!wish) return;
    const { context, ...rest } = wish;
    const builder: NewBuilder = {
      ...rest,
      cluster: { kubeconfig: setting("kubeconfig") || undefined, context },
      buildkitdConfig: setting("builder.buildkitdConfig") || undefined,
      driverOptions: setting("builder.driverOptions"),
    };
    await this.#options.busy.during(builder.name, vscode.l10n.t("being created"), () =>
      this.#inProgress(vscode.l10n.t("Creating builder {0}", builder.name), (signal, report) =>
        createBuilder(builder, deps, { signal, onProgress: (progress) => report(describe(progress)) }),
      ),
    );
    await this.#options.upkeep.follow();
    void this.#tellCreated(builder.name);
  }

  async #tellCreated(name: string): Promise<void> {
    const build = vscode.l10n.t("Build multi-arch");
    const text = vscode.l10n.t("The builder {0} is ready.", name);
    const answer = await showText(text, build);
    if (answer === build) await runCommand("multiArchBuilds.build");
  }

  /** Removes the builder of the row; without one, asks which. */
  async remove(row: ExplorerRow | undefined): Promise<void> {
    const builders = (await this.#options.store.refresh()).filter((builder) => builder.path !== undefined);
    const builder =
      row === undefined ? await chooseBuilder(builders) : builders.find(({ name }) => `builder:${name}` === row);
    if (!builder) return;
    const place = builder.driver === "kubernetes" && (await builderPlace(builder, this.#options.connections));
    if (!(await confirmRemoval(builder, place || undefined))) return;
    try {
      await this.#remove(builder, false);
    } catch (error) {
      if (!(error instanceof ClusterOutOfReach)) throw error;
      if (await confirmLocalRemoval(error)) await this.#remove(builder, true);
    }
  }

  /** Cancels what runs, and waits until it has undone what it had made. */
  async shutDown(): Promise<void> {
    this.#end.abort();
    await Promise.allSettled(this.#tasks);
  }

  async #remove(builder: Builder, isLocalOnly: boolean): Promise<void> {
    const deps = await this.#deps();
    await this.#options.busy.during(builder.name, vscode.l10n.t("being removed"), () =>
      this.#inProgress(vscode.l10n.t("Removing builder {0}", builder.name), (signal, report) =>
        removeBuilder(builder, deps, {
          signal,
          isLocalOnly,
          onDelete: () => this.#options.builds.loseBuilder(builder.name),
          onPodsLeft: (names) =>
            names.length > 0 && report(vscode.l10n.t("waiting for pods to end: {0}", names.join(", "))),
        }),
      ),
    );
  }

  async #deps(): Promise<BuilderDeps> {
    const { buildx, env, connections, kubeconfigFolder } = this.#options;
    return { cli: await buildx.get(), env, connections, kubeconfigFolder };
  }

  async #clusters(): Promise<readonly ClusterChoice[]> {
    const { env, connections } = this.#options;
    const kubeconfig = setting("kubeconfig") || undefined;
    const loaded = await loadKubeconfig({ path: kubeconfig, env });
    return contextsOf(loaded).map((context) => ({
      context: context.name,
      server: context.server,
      isCurrent: context.name === loaded.currentContext,
      nodes: async () => {
        const connection = await connections.open({ kubeconfig, context: context.name });
        try {
          return await firstOf(connection.nodes());
        } finally {
          connection.dispose();
        }
      },
    }));
  }

  /** Runs a task with a notification that can cancel it. */
  async #inProgress(
    title: string,
    task: (signal: AbortSignal, report: (message: string) => void) => Promise<void>,
  ): Promise<void> {
    const { log } = this.#options;
    log.info(title);
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    await vscode.window.withProgress(options, async (progress, token) =>
      vscode.window.withProgress({ location: { viewId: views.explorer } }, async () => {
        const running = task(AbortSignal.any([signalOf(token), this.#end.signal]), (message) => {
          log.debug(message);
          progress.report({ message: withoutLinks(message) });
        });
        this.#tasks.add(running);
        try {
          await running;
        } finally {
          this.#tasks.delete(running);
        }
      }),
    );
  }
}

function describe(progress: CreateProgress): string {
  switch (progress.kind) {
    case "preparing":
      return vscode.l10n.t("preparing");
    case "starting":
      return progress.architectures.map(({ architecture, text }) => `${architecture}: ${text}`).join(" · ");
    case "cleaningUp":
      return vscode.l10n.t("removing what was made");
  }
}

async function chooseBuilder(builders: readonly Builder[]): Promise<Builder | undefined> {
  if (builders.length === 0) throw new UserError(vscode.l10n.t("There is no builder that could be removed."));
  const answer = await pickOne({
    title: vscode.l10n.t("Remove Builder"),
    step: 1,
    totalSteps: 1,
    placeholder: vscode.l10n.t("Builder"),
    choices: builders.map((builder) => ({ label: builder.name, description: builder.driver, value: builder })),
  });
  return answer === "back" ? undefined : answer;
}

async function confirmRemoval(builder: Builder, place: string | undefined): Promise<boolean> {
  const remove = vscode.l10n.t("Remove");
  const detail =
    builder.driver === "kubernetes"
      ? removalDetail(builder, place ?? vscode.l10n.t("the cluster"))
      : vscode.l10n.t("Its build cache goes with it. Running builds fail.");
  const question = vscode.l10n.t("Remove the builder “{0}”?", builder.name);
  return confirm(question, detail, remove);
}

function removalDetail({ nodes }: Builder, place: string): string {
  return nodes.some(({ driverOptions }) => usesVolumeClaims(driverOptions))
    ? vscode.l10n.t(
        "Its BuildKit pods are deleted from {0}. Their build cache stays in volume claims, and so does the namespace. Running builds fail.",
        place,
      )
    : vscode.l10n.t(
        "Its BuildKit pods are deleted from {0}, with their build cache; the namespace stays. Running builds fail.",
        place,
      );
}

async function confirmLocalRemoval(error: ClusterOutOfReach): Promise<boolean> {
  const removeLocal = vscode.l10n.t("Remove Only the Local Entry");
  const answer = await showErrorText([error.message, error.remedy].join(" "), removeLocal);
  return answer === removeLocal;
}
