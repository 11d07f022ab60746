import * as vscode from "vscode";
import { validateBuilderName } from "../../core/buildx/args.ts";
import { NotAllowed } from "../../core/cluster/first.ts";
import type { ClusterNode } from "../../core/cluster/objects.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { inputText, pickMany, pickOne, Wizard, type Answer, type Choice, type Choices, type Place } from "../wizard.ts";

/** A Kubernetes cluster a builder can be created in. */
export interface ClusterChoice {
  /** Kubeconfig context. */
  readonly context: string;
  readonly server: string;
  readonly isCurrent: boolean;
  /** Asks the cluster for its nodes, once. */
  readonly nodes: () => Promise<readonly ClusterNode[]>;
}

/** What the user wants of a new builder. */
export interface BuilderWish {
  readonly context: string;
  readonly namespace: string;
  readonly architectures: readonly string[];
  readonly replicas: number;
  readonly hasOtherSystems: boolean;
  readonly name: string;
}

/** Asks where and how a builder is to be created. The cluster is asked for its architectures meanwhile. */
export async function askBuilder(
  clusters: readonly ClusterChoice[],
  takenNames: readonly string[],
): Promise<BuilderWish | undefined> {
  const first = clusters.find((one) => one.isCurrent) ?? clusters[0];
  if (!first) {
    throw new UserError(vscode.l10n.t("The kubeconfig names no cluster: it has no contexts."), {
      remedy: vscode.l10n.t("Choose another kubeconfig."),
      action: "openKubeconfig",
    });
  }
  let cluster: ClusterChoice = first;
  let namespace = "buildkit";
  let architectures: readonly string[] = [];
  let replicas = "1";
  let name = freeName(takenNames);

  const asked = new Map<ClusterChoice, Promise<readonly ClusterNode[]>>();
  const nodesOf = (one: ClusterChoice): Promise<readonly ClusterNode[]> => {
    const nodes = asked.get(one) ?? one.nodes();
    nodes.catch(() => undefined); // told by the question that needs them
    asked.set(one, nodes);
    return nodes;
  };
  if (clusters.length === 1) void nodesOf(cluster);

  const wizard = new Wizard(vscode.l10n.t("Create Builder"));
  if (clusters.length > 1)
    wizard.add(
      (at) => askCluster(at, clusters, cluster),
      (value) => {
        cluster = value;
        void nodesOf(cluster);
      },
    );
  wizard.add(
    (at) => askNamespace(at, cluster, namespace),
    (value) => (namespace = value.trim()),
  );
  wizard.add(
    (at) => askArchitectures(at, nodesOf(cluster)),
    (value) => (architectures = value),
  );
  wizard.add(
    (at) => askReplicas(at, replicas),
    (value) => (replicas = value.trim()),
  );
  wizard.add(
    (at) => askName(at, name, takenNames),
    (value) => (name = value.trim()),
  );
  if (!(await wizard.run())) return undefined;
  // Where they may not be listed nobody knows; then it is as with buildx.
  const nodes = await nodesOf(cluster).catch(() => []);
  const hasOtherSystems = nodes.some((node) => !isLinux(node));
  return { context: cluster.context, namespace, architectures, replicas: Number(replicas), hasOtherSystems, name };
}

function askCluster(
  at: Place,
  clusters: readonly ClusterChoice[],
  active: ClusterChoice,
): Promise<Answer<ClusterChoice>> {
  const choices = clusters.map((cluster) => ({
    label: cluster.context,
    description: [cluster.server, cluster.isCurrent ? vscode.l10n.t("current") : ""].filter(Boolean).join(" · "),
    value: cluster,
  }));
  return pickOne({
    ...at,
    placeholder: vscode.l10n.t("Kubeconfig context of the cluster"),
    choices,
    active: choices.find((choice) => choice.value === active),
  });
}

function askNamespace(at: Place, { context }: ClusterChoice, value: string): Promise<Answer<string>> {
  return inputText({
    ...at,
    value,
    prompt: vscode.l10n.t(
      "Namespace in cluster {0} for the BuildKit pods, which are privileged; made if it does not exist",
      context,
    ),
    validate: (text) =>
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text.trim())
        ? undefined
        : vscode.l10n.t("A namespace has lower-case letters, digits and hyphens, at most 63 of them."),
  });
}

function askArchitectures(at: Place, nodes: Promise<readonly ClusterNode[]>): Promise<Answer<readonly string[]>> {
  const placeholder = vscode.l10n.t("Architectures, one BuildKit pod or more for each");
  return pickMany({ ...at, placeholder, load: architectureChoices(nodes, placeholder) });
}

async function architectureChoices(asked: Promise<readonly ClusterNode[]>, hint: string): Promise<Choices<string>> {
  let nodes: readonly ClusterNode[] = [];
  let placeholder = hint;
  try {
    nodes = await asked;
  } catch (error) {
    // Creating builders needs no right to list nodes; then the user knows what the cluster has. Nothing helps where the
    // cluster cannot be asked at all.
    if (!(error instanceof NotAllowed)) throw error;
    placeholder = vscode.l10n.t("The cluster's architectures are not known: {0}", messageOf(error));
  }
  const found = Map.groupBy(nodes.filter(isLinux), (node) => node.architecture);
  const isKnown = found.size > 0;
  const offered = [...new Set([...found.keys(), ...usualArchitectures])].toSorted();
  const choices = offered.map((architecture): Choice<string> => {
    const own = found.get(architecture) ?? [];
    return { label: architecture, description: isKnown ? describeNodes(own) : "", value: architecture };
  });
  const usable = choices.filter((choice) => found.get(choice.value)?.some((node) => node.isReady && !node.isCordoned));
  return { choices, selected: isKnown ? usable : choices, placeholder };
}

/** Offered also where the cluster has no node of them now: an autoscaler may add one when a pod waits for it. */
const usualArchitectures = ["amd64", "arm64"];

/** BuildKit's image runs on no other. */
function isLinux({ operatingSystem }: ClusterNode): boolean {
  return operatingSystem === "linux";
}

function describeNodes(nodes: readonly ClusterNode[]): string {
  if (nodes.length === 0) return vscode.l10n.t("no node now; an autoscaler would have to add one");
  const ready = nodes.filter((node) => node.isReady && !node.isCordoned).length;
  const names = nodes.slice(0, 3).map((node) => node.name);
  const more = nodes.length > names.length ? ["…"] : [];
  return vscode.l10n.t("{0} of {1} nodes usable: {2}", ready, nodes.length, [...names, ...more].join(", "));
}

function askReplicas(at: Place, value: string): Promise<Answer<string>> {
  return inputText({
    ...at,
    value,
    prompt: vscode.l10n.t("BuildKit pods per architecture. More of them help several builds at once, not one build."),
    validate: (text) => (/^[1-9]\d?$/.test(text.trim()) ? undefined : vscode.l10n.t("A number from 1 to 99.")),
  });
}

function askName(at: Place, value: string, taken: readonly string[]): Promise<Answer<string>> {
  return inputText({
    ...at,
    value,
    prompt: vscode.l10n.t("Name of the builder, as in docker buildx build --builder NAME"),
    validate: (text) => {
      if (taken.some((one) => one.toLowerCase() === text.trim().toLowerCase()))
        return vscode.l10n.t("There is a builder of this name already.");
      return validateBuilderName(text.trim());
    },
  });
}

function freeName(taken: readonly string[]): string {
  const isFree = (name: string): boolean => !taken.some((one) => one.toLowerCase() === name);
  if (isFree("multiarch")) return "multiarch";
  let number = 2;
  while (!isFree(`multiarch${number}`)) number++;
  return `multiarch${number}`;
}
