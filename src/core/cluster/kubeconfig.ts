import { homedir } from "node:os";
import path from "node:path";
import { UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import { inClusterContent } from "./inCluster.ts";
import { type KubeconfigContent, readKubeconfigFile, type Stanza, textIn } from "./kubeconfigFile.ts";

/** Where a kubeconfig is looked for. */
export interface KubeconfigLocation {
  /** One given file, for example from a setting; `~/` is the home folder. Absent: the default rules of kubectl. */
  readonly path?: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/** One context of a kubeconfig, as people choose it. */
export interface KubeContext {
  readonly name: string;
  /** Name of the kubeconfig's cluster entry. */
  readonly cluster: string;
  /** URL of the API server; empty when the cluster entry is missing. */
  readonly server: string;
  readonly user: string;
  readonly namespace?: string;
}

/** A loaded kubeconfig: one file, or several merged by kubectl's rule that the first one to name something wins. */
export interface Kubeconfig extends KubeconfigContent {
  /** The files that were looked at, whether they exist or not. */
  readonly files: readonly string[];
}

/** One context with everything needed to reach its cluster. Holds secrets: never log it. */
export interface ClusterAccess {
  readonly context: KubeContext;
  readonly cluster: Stanza;
  readonly user: Stanza;
  /** Equal for two accesses exactly when they reach the same server in the same way as the same user. */
  readonly identity: string;
}

/** There is no kubeconfig at all, where one was looked for. */
export class NoKubeconfig extends UserError {}

/** The files that make up the kubeconfig at this place, in kubectl's order; they need not exist. */
export function kubeconfigFiles({ path: file, env }: KubeconfigLocation): readonly string[] {
  const home = env["HOME"] || env["USERPROFILE"] || homedir();
  if (file) return [path.resolve(file.replace(/^~(?=[/\\])/, home))];
  const listed = (env["KUBECONFIG"] ?? "").split(path.delimiter).filter((entry) => entry !== "");
  if (listed.length > 0) return [...new Set(listed.map((entry) => path.resolve(entry)))];
  return [path.join(home, ".kube", "config")];
}

/**
 * Loads the kubeconfig. Where no file is found, the service account of a pod takes its place, as with kubectl and
 * buildx; there is no other fallback.
 *
 * @throws {NoKubeconfig} says where it was looked for; {@link UserError} unreadable, invalid
 */
export async function loadKubeconfig(location: KubeconfigLocation): Promise<Kubeconfig> {
  const files = kubeconfigFiles(location);
  const contents: KubeconfigContent[] = [];
  for (const file of files) {
    const content = await readKubeconfigFile(file);
    if (content) contents.push(content);
  }
  if (contents.length === 0 && location.path === undefined) {
    const inCluster = await inClusterContent(location.env);
    if (inCluster) contents.push(inCluster);
  }
  if (contents.length === 0) {
    throw new NoKubeconfig(t("There is no kubeconfig: {0} does not exist.", files.join(", ")), {
      remedy: t("Choose a kubeconfig file in the settings, or set KUBECONFIG before starting the editor."),
      action: "openSettings",
    });
  }
  return {
    files,
    clusters: firstWins(contents.map((content) => content.clusters)),
    users: firstWins(contents.map((content) => content.users)),
    contexts: firstWins(contents.map((content) => content.contexts)),
    currentContext: contents.find((content) => content.currentContext !== undefined)?.currentContext,
  };
}

/** All contexts, in the order of the files. */
export function contextsOf(kubeconfig: Kubeconfig): readonly KubeContext[] {
  return [...kubeconfig.contexts].map(([name, stanza]) => {
    const cluster = textIn(stanza, "cluster") ?? "";
    return {
      name,
      cluster,
      server: textIn(kubeconfig.clusters.get(cluster), "server") ?? "",
      user: textIn(stanza, "user") ?? "",
      namespace: textIn(stanza, "namespace"),
    };
  });
}

/**
 * The access of one context; without a name, of the current context.
 *
 * @throws {UserError} when there is no such context, or its cluster or user entry is missing or has no server
 */
export function selectContext(kubeconfig: Kubeconfig, name = kubeconfig.currentContext): ClusterAccess {
  const where = kubeconfig.files.join(", ");
  const contexts = contextsOf(kubeconfig);
  if (contexts.length === 0)
    throw unusable(
      t("The kubeconfig {0} names no cluster: it has no contexts.", where),
      t("Choose another kubeconfig."),
    );
  const names = contexts.map((candidate) => candidate.name).join(", ");
  if (name === undefined) {
    const remedy = t("Choose one with “{0}”; its contexts are: {1}.", "kubectl config use-context …", names);
    throw unusable(t("The kubeconfig {0} has no current context.", where), remedy);
  }
  const context = contexts.find((candidate) => candidate.name === name);
  if (!context) {
    throw unusable(t('The kubeconfig {0} has no context "{1}".', where, name), t("It has: {0}.", names));
  }
  const cluster = kubeconfig.clusters.get(context.cluster);
  if (!cluster || !isHttpUrl(context.server)) {
    throw unusable(t('The context "{0}" in {1} has no cluster with a valid server address.', name, where));
  }
  const user = context.user === "" ? {} : kubeconfig.users.get(context.user);
  if (!user)
    throw unusable(t('The context "{0}" in {1} names a user "{2}" who is not there.', name, where, context.user));
  return { context, cluster, user, identity: canonical({ cluster, user }) };
}

function firstWins(maps: readonly ReadonlyMap<string, Stanza>[]): ReadonlyMap<string, Stanza> {
  const result = new Map<string, Stanza>();
  for (const [name, stanza] of maps.flatMap((map) => [...map])) if (!result.has(name)) result.set(name, stanza);
  return result;
}

function isHttpUrl(value: string): boolean {
  return /^https?:\/\//.test(value) && URL.canParse(value);
}

/** JSON with sorted keys, so that the order in the file does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

function unusable(what: string, remedy?: string): UserError {
  return new UserError(what, { remedy, action: "openKubeconfig" });
}
