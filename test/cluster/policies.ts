import { stringify } from "yaml";
import { labNodes } from "./nodes.ts";

const group = "admissionregistration.k8s.io/v1";
const fastProbes = "fast-probes";
/** Where the API server has the policy, if it is on. */
export const fastProbesPath = `/apis/${group}/mutatingadmissionpolicies/${fastProbes}`;

/**
 * Keeps the nodes' architecture right. A kubelet writes the architecture of its own binary into its node's label *and*
 * status at every status update, so neither `--node-labels` nor `kubectl label` lasts.
 */
export function architecturePolicies(): string {
  return labNodes
    .filter(({ architecture }) => architecture !== "amd64")
    .map(({ name, architecture }) =>
      policy({
        name,
        resources: ["nodes", "nodes/status"],
        operations: ["CREATE", "UPDATE"],
        condition: `object.metadata.name == '${name}'`,
        mutation: `Object{
  metadata: Object.metadata{labels: {'kubernetes.io/arch': '${architecture}', 'beta.kubernetes.io/arch': '${architecture}'}},
  status: Object.status{nodeInfo: Object.status.nodeInfo{architecture: '${architecture}'}}
}`,
      }),
    )
    .join("---\n");
}

/**
 * Probes BuildKit's pods every second. buildx asks for 5 s after the start and then every 30 s, and a kubelet younger
 * than that waits for a random part of it first: with that pace each builder takes 32 s to start.
 */
export function fastProbesPolicies(): string {
  return policy({
    name: fastProbes,
    resources: ["pods"],
    operations: ["CREATE"],
    condition: `object.spec.containers.exists(c, c.name == 'buildkitd' && has(c.readinessProbe))`,
    mutation: `Object{spec: Object.spec{containers: [Object.spec.containers{
  name: 'buildkitd',
  readinessProbe: Object.spec.containers.readinessProbe{initialDelaySeconds: 0, periodSeconds: 1}
}]}}`,
  });
}

interface Policy {
  readonly name: string;
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  /** In CEL, like the mutation. */
  readonly condition: string;
  readonly mutation: string;
}

function policy({ name, resources, operations, condition, mutation }: Policy): string {
  const apiVersion = group;
  const spec = {
    matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], resources, operations }] },
    matchConditions: [{ name: "applies", expression: condition }],
    failurePolicy: "Fail",
    reinvocationPolicy: "Never",
    mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression: mutation } }],
  };
  return [
    { apiVersion, kind: "MutatingAdmissionPolicy", metadata: { name }, spec },
    { apiVersion, kind: "MutatingAdmissionPolicyBinding", metadata: { name }, spec: { policyName: name } },
  ]
    .map((object) => stringify(object))
    .join("---\n");
}
