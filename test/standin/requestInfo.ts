import { findKind, type Kind } from "./kinds.ts";

/** What a request asks for, in the words of access rules. */
export interface RequestInfo {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly verb: Verb | "";
  /** Undefined for what is no resource of ours: discovery, health, or nothing. */
  readonly kind: Kind | undefined;
  /** With its subresource, as in `pods/exec`; empty for what is no resource. */
  readonly resource: string;
  readonly group: string;
  readonly namespace: string | undefined;
  /** Empty for a whole collection. */
  readonly name: string;
  readonly subresource: string;
}

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

const resourcePath = /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/(.+))?$/;

/** Reads the first line of a request. */
export function readRequestInfo(method: string, target: string): RequestInfo {
  const url = new URL(target, "http://standin");
  const { pathname, searchParams: query } = url;
  const match = resourcePath.exec(namespaceItself(pathname));
  const none = { method, path: pathname, query, verb: "" as const, kind: undefined };
  if (!match) return { ...none, resource: "", group: "", namespace: undefined, name: "", subresource: "" };
  const [group = "", version = "", namespace, plural = "", name = "", subresource = ""] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : decodeURIComponent(part)));
  return {
    ...none,
    verb: verbOf(method, name, query),
    kind: findKind(group, version, plural),
    resource: subresource === "" ? plural : `${plural}/${subresource}`,
    group,
    // A namespace counts as being in itself.
    namespace: plural === "namespaces" && name !== "" ? name : namespace,
    name,
    subresource,
  };
}

/** `/api/v1/namespaces/x` is a resource, `/api/v1/namespaces/x/pods` is in one. */
function namespaceItself(path: string): string {
  return path.replace(
    /^\/api\/v1\/namespaces\/([^/]+)(\/(?:status|finalize))?$/,
    "/api/v1/namespaces/-/namespaces/$1$2",
  );
}

function verbOf(method: string, name: string, query: URLSearchParams): Verb | "" {
  const isWatch = /^(?:1|true)$/.test(query.get("watch") ?? "");
  switch (method) {
    case "GET":
    case "HEAD":
      if (name !== "") return isWatch ? "watch" : "get";
      return isWatch ? "watch" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === "" ? "deletecollection" : "delete";
    default:
      return "";
  }
}
