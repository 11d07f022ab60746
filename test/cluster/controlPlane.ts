import { join } from "node:path";
import { configDir, keyDir, labAddress, ports, runDir } from "./paths.ts";
import type { LabProcess } from "./processes.ts";

/** etcd and the API server: what everything else waits for. All of the control plane listens on loopback only. */
export function apiProcesses(): LabProcess[] {
  const etcdUrl = `http://127.0.0.1:${ports.etcd}`;
  return [
    {
      name: "etcd",
      file: "etcd",
      args: flags({
        "data-dir": join(runDir, "etcd"),
        "listen-client-urls": etcdUrl,
        "advertise-client-urls": etcdUrl,
        "listen-peer-urls": `http://127.0.0.1:${ports.etcdPeer}`,
        "unsafe-no-fsync": "true", // the state is thrown away at `down`
      }),
    },
    {
      name: "kube-apiserver",
      file: "kube-apiserver",
      args: flags({
        "etcd-servers": etcdUrl,
        "bind-address": "127.0.0.1",
        "advertise-address": labAddress, // else it looks for a default route, which a machine offline lacks
        "secure-port": String(ports.api),
        "tls-cert-file": key("apiserver.crt"),
        "tls-private-key-file": key("apiserver.key"),
        "client-ca-file": key("ca.crt"),
        "token-auth-file": key("tokens.csv"),
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true", // BuildKit's pods are
        "kubelet-client-certificate": key("kubelet-client.crt"),
        "kubelet-client-key": key("kubelet-client.key"),
        "kubelet-preferred-address-types": "InternalIP", // for exec and logs; the nodes' names resolve nowhere
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": key("sa.key"),
        "service-account-signing-key-file": key("sa.key"),
        "service-cluster-ip-range": "10.96.0.0/24",
        "endpoint-reconciler-type": "none", // a loopback address would be refused as an endpoint
      }),
    },
  ];
}

/** What makes pods of the objects. No kube-proxy and no DNS: buildx uses neither. */
export function controllerProcesses(): LabProcess[] {
  return [
    {
      name: "kube-controller-manager",
      file: "kube-controller-manager",
      args: flags({
        ...controllerFlags("controller-manager"),
        "service-account-private-key-file": join(keyDir, "sa.key"),
        "root-ca-file": join(keyDir, "ca.crt"),
        "use-service-account-credentials": "true",
        // At the default of 20 the default service account comes 5 s after the nodes, and no pod without it.
        "kube-api-qps": "200",
        "kube-api-burst": "400",
        // By its current name: an unknown one ends the program.
        controllers: "*,-node-ipam-controller",
      }),
    },
    { name: "kube-scheduler", file: "kube-scheduler", args: flags(controllerFlags("scheduler")) },
  ];
}

function key(name: string): string {
  return join(keyDir, name);
}

function controllerFlags(user: string): Record<string, string> {
  const kubeconfig = join(configDir, `${user}.kubeconfig`);
  return {
    kubeconfig,
    "authentication-kubeconfig": kubeconfig,
    "authorization-kubeconfig": kubeconfig,
    "bind-address": "127.0.0.1",
    "cert-dir": join(configDir, user),
    "leader-elect": "false",
  };
}

function flags(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
