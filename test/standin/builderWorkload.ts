/** What makes one workload differ from the next. */
export interface BuilderWorkloadOptions {
  readonly architecture?: string;
  readonly replicas?: number;
  /** Requested CPUs. */
  readonly cpu?: string;
}

/** A workload as buildx makes it for one builder node. */
export function builderWorkload(
  kind: "Deployment" | "StatefulSet",
  name: string,
  { architecture = "arm64", replicas = 1, cpu }: BuilderWorkloadOptions = {},
): object {
  const labels = { app: name };
  const annotations = { "buildx.docker.com/platform": `linux/${architecture}` };
  const probe = { exec: { command: ["buildctl", "debug", "workers"] }, initialDelaySeconds: 5, periodSeconds: 30 };
  const container = {
    name: "buildkitd",
    image: "moby/buildkit:buildx-stable-1",
    readinessProbe: probe,
    livenessProbe: probe,
    resources: cpu === undefined ? {} : { requests: { cpu } },
    securityContext: { privileged: true },
  };
  const spec = { nodeSelector: { "kubernetes.io/arch": architecture }, containers: [container] };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, labels, annotations },
    spec: {
      replicas,
      serviceName: kind === "StatefulSet" ? "buildkitd" : undefined,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec },
    },
  };
}
