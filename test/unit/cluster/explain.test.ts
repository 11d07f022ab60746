import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, RequestTimeout } from "../../../src/core/cluster/apiError.ts";
import { type Attempt, explain } from "../../../src/core/cluster/explain.ts";
import { UserError } from "../../../src/core/errors.ts";

const context = { name: "prod", cluster: "prod", server: "https://k8s.example.com:6443", user: "dev" };

function networkError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 10.0.0.1:6443`), { code });
}

const forbidden =
  'pods is forbidden: User "dev" cannot create resource "pods/exec" in API group "" in the namespace "builds"';
const cases: readonly { readonly error: unknown; readonly attempt?: Attempt; readonly words: string }[] = [
  {
    error: networkError("ECONNREFUSED"),
    words: "Cluster prod is not reachable: nothing listens at k8s.example.com:6443 (connection refused).",
  },
  {
    // Node tries all addresses of a name, and reports them together.
    error: new AggregateError([networkError("ENETUNREACH"), networkError("ECONNREFUSED")]),
    words: "Cluster prod is not reachable: nothing listens at k8s.example.com:6443 (connection refused).",
  },
  {
    error: networkError("ENOTFOUND"),
    words: "Cluster prod is not reachable: the name k8s.example.com is not known to DNS.",
  },
  {
    error: networkError("EHOSTUNREACH"),
    words: "Cluster prod is not reachable: there is no route to k8s.example.com:6443. Is a VPN needed?",
  },
  {
    error: new RequestTimeout("connect", 10_000),
    words: "Cluster prod is not reachable: k8s.example.com:6443 does not respond (waited 10 seconds). Is a VPN needed?",
  },
  {
    error: new RequestTimeout("answer", 30_000),
    words: "Cluster prod is not reachable: k8s.example.com:6443 is connected but has not answered for 30 seconds.",
  },
  {
    error: networkError("CERT_HAS_EXPIRED"),
    words: "Cluster prod is not reachable: the certificate of k8s.example.com:6443 has expired.",
  },
  { error: new Error("something new"), words: "Cluster prod is not reachable: something new" },
  { error: new UserError("Known already."), words: "Known already." },
  {
    error: new ApiError(401, "Unauthorized", "Unauthorized"),
    words: "Cluster prod does not accept the sign-in of user dev.",
  },
  {
    error: new ApiError(
      403,
      "Forbidden",
      'nodes is forbidden: User "dev" cannot list resource "nodes" in API group "" at the cluster scope',
    ),
    attempt: { verbs: "list, watch", resource: "nodes" },
    words: "Not allowed to list nodes in cluster prod (needs list, watch on nodes).",
  },
  {
    error: new ApiError(403, "Forbidden", forbidden),
    words: "Not allowed to create pods/exec in namespace builds of cluster prod (needs create on pods/exec).",
  },
  {
    error: new ApiError(403, "Forbidden", 'pods "x" is forbidden: exceeded quota: compute'),
    attempt: { verbs: "create", resource: "pods", namespace: "builds" },
    words: 'Cluster prod does not allow this: pods "x" is forbidden: exceeded quota: compute',
  },
  {
    error: new ApiError(403, "", "HTTP status 403"),
    attempt: { verbs: "list, watch", resource: "pods", namespace: "builds" },
    words: "Not allowed to list, watch pods in namespace builds of cluster prod (needs list, watch on pods).",
  },
  { error: new ApiError(503, "", "etcd is down"), words: "Cluster prod answered: etcd is down" },
];

for (const { error, attempt, words } of cases) {
  test(words, () => assert.equal(explain(error, context, attempt).message, words));
}
