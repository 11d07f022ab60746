import { groupVersionOf, type Kind, kinds } from "./kinds.ts";
import type { Fields } from "./objects.ts";

/** As `kubectl version` tells it. */
export const serverVersion = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0-standin",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "2026-01-01T00:00:00Z",
  goVersion: "go1.26",
  compiler: "gc",
  platform: "linux/amd64",
} as const;

const groups = ["apps", "authorization.k8s.io"] as const;

/** What the API says about itself at that path; undefined when it is about something else. */
export function discoveryAt(path: string): Fields | undefined {
  switch (path) {
    case "/version":
      return serverVersion;
    case "/api":
      return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
    case "/apis":
      return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupEntry) };
    case "/api/v1":
      return resourceList("v1", resourcesOf("v1"));
    case "/apis/apps/v1":
      return resourceList("apps/v1", resourcesOf("apps/v1"));
    case "/apis/authorization.k8s.io/v1":
      return resourceList("authorization.k8s.io/v1", [accessReviews]);
    default: {
      const group = groups.find((name) => path === `/apis/${name}`);
      return group === undefined ? undefined : { kind: "APIGroup", apiVersion: "v1", ...groupEntry(group) };
    }
  }
}

function groupEntry(name: string): Fields {
  const version = { groupVersion: `${name}/v1`, version: "v1" };
  return { name, versions: [version], preferredVersion: version };
}

function resourceList(groupVersion: string, resources: readonly Fields[]): Fields {
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources };
}

const accessReviews: Fields = {
  name: "selfsubjectaccessreviews",
  singularName: "selfsubjectaccessreview",
  namespaced: false,
  kind: "SelfSubjectAccessReview",
  verbs: ["create"],
};

function resourcesOf(groupVersion: string): readonly Fields[] {
  return kinds.filter((kind) => groupVersionOf(kind) === groupVersion).flatMap(resourceEntries);
}

function resourceEntries({ plural, kind, isNamespaced, shortNames }: Kind): readonly Fields[] {
  const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
  const entry = {
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced: isNamespaced,
    kind,
    verbs,
    shortNames,
    ...(/^(?:pods|deployments|replicasets|statefulsets)$/.test(plural) ? { categories: ["all"] } : {}),
  };
  if (plural !== "pods") return [entry];
  const subresource = (name: string, ...subverbs: readonly string[]): Fields => ({
    name: `pods/${name}`,
    singularName: "",
    namespaced: true,
    kind: "Pod",
    verbs: subverbs,
  });
  return [entry, subresource("exec", "create", "get"), subresource("log", "get")];
}
