import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { pauseImage } from "./images.ts";
import { authorityPath } from "./keys.ts";
import type { LabNode } from "./nodes.ts";
import { binDir, configDir, packageDir, ports } from "./paths.ts";
import type { LabProcess } from "./processes.ts";

/** Writes the configuration of the node's network, containerd and kubelet. */
export function writeNodeConfig(node: LabNode): void {
  for (const dir of ["cni", "certs"]) {
    mkdirSync(join(node.dir, dir), { recursive: true });
  }
  writeFileSync(join(node.dir, "cni", "10-bridge.conflist"), JSON.stringify(networkConfig(node)));
  writeFileSync(join(node.dir, "containerd.toml"), containerdConfig(node));
  writeFileSync(join(node.dir, "kubelet.yaml"), kubeletConfig(node));
}

export function containerdProcess(node: LabNode): LabProcess {
  return {
    name: `containerd-${node.architecture}`,
    file: "containerd",
    args: ["--config", join(node.dir, "containerd.toml")],
    // For runc, which it starts: the package is unpacked, not installed.
    env: { LD_LIBRARY_PATH: join(packageDir, "libseccomp2/usr/lib/x86_64-linux-gnu") },
  };
}

export function kubeletProcess(node: LabNode): LabProcess {
  return {
    name: `kubelet-${node.architecture}`,
    file: "kubelet",
    args: [
      `--config=${join(node.dir, "kubelet.yaml")}`,
      `--kubeconfig=${join(configDir, `${node.name}.kubeconfig`)}`,
      `--root-dir=${join(node.dir, "kubelet")}`,
      `--cert-dir=${join(node.dir, "certs")}`,
      `--hostname-override=${node.name}`,
      `--node-ip=${node.address}`,
    ],
  };
}

function networkConfig({ bridge, network, dir }: LabNode) {
  const ranges = [[{ subnet: `${network}.0/24`, rangeStart: `${network}.10` }]];
  const ipam = { type: "host-local", dataDir: join(dir, "ipam"), ranges };
  const plugin = { type: "bridge", bridge, isGateway: true, isDefaultGateway: true, ipMasq: false, ipam };
  return { cniVersion: "1.0.0", name: bridge, plugins: [plugin] };
}

/**
 * Two containerds on one machine share no path. NRI has a fixed socket and is off. No CAP_SYS_RESOURCE and no AppArmor
 * is asked for, since containers and small virtual machines often lack them. Network namespaces are mounted in the state
 * folder, where `down` finds them even if containerd is gone.
 */
function containerdConfig({ dir, stateDir, socket }: LabNode): string {
  return `version = 3
root = "${join(dir, "containerd")}"
state = "${stateDir}"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${join(dir, "opt")}"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"
[plugins."io.containerd.cri.v1.runtime"]
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        Root = "${join(stateDir, "runc")}"
        BinaryName = "${join(packageDir, "runc/usr/sbin/runc")}"
        SystemdCgroup = false
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["${join(binDir, "cni")}"]
    conf_dir = "${join(dir, "cni")}"
    use_internal_loopback = true
`;
}

function kubeletConfig({ dir, socket, address, healthPort }: LabNode): string {
  return stringify({
    kind: "KubeletConfiguration",
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    containerRuntimeEndpoint: `unix://${socket}`,
    address,
    port: ports.kubelet,
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
    healthzPort: healthPort,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authorityPath },
    },
    authorization: { mode: "Webhook" },
    failCgroupV1: false, // refused by default
    cgroupDriver: "cgroupfs",
    cgroupsPerQOS: false, // two kubelets on one machine: each would remove the other's pod cgroups
    enforceNodeAllocatable: [],
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    resolvConf: "",
    podLogsDir: join(dir, "pod-logs"),
    volumePluginDir: join(dir, "volume-plugins"),
    // A laptop's disk is fuller than a server's; this must not evict the builders.
    evictionHard: {
      "memory.available": "64Mi",
      "nodefs.available": "1%",
      "imagefs.available": "1%",
      "nodefs.inodesFree": "1%",
    },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: "2s",
  });
}
