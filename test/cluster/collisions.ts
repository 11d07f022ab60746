import { labOf } from "./ledger.ts";
import { labNodes } from "./nodes.ts";
import { labAddress, ports } from "./paths.ts";
import { runTool } from "./processes.ts";

/** A listening socket as `ss` tells it. */
interface Listener {
  readonly address: string;
  readonly port: number;
  readonly process: { readonly name: string; readonly pid: number } | undefined;
}

/** What on this machine already has an address, a port or a name the lab needs; empty when nothing is in the way. */
export async function findCollisions(): Promise<string[]> {
  const { stdout: sockets } = await runTool("ss", ["-Hltnp"]);
  const { stdout: links } = await runTool("ip", ["-json", "addr"]);
  return [...portCollisions(parseListeners(sockets)), ...networkCollisions(JSON.parse(links) as Link[])];
}

export function parseListeners(text: string): Listener[] {
  return text.split("\n").flatMap((line) => {
    const [, , , local = "", , processes = ""] = line.trim().split(/\s+/);
    const cut = local.lastIndexOf(":");
    const [, name, pid] = /"([^"]*)",pid=(\d+)/.exec(processes) ?? [];
    const process = name === undefined ? undefined : { name, pid: Number(pid) };
    return cut < 0 ? [] : [{ address: local.slice(0, cut), port: Number(local.slice(cut + 1)), process }];
  });
}

export function portCollisions(listeners: readonly Listener[]): string[] {
  const loopbackPorts = [ports.api, ports.etcd, ports.etcdPeer, ...labNodes.map(({ healthPort }) => healthPort)];
  const needed = [
    ...loopbackPorts.map((port) => ({ address: "127.0.0.1", port })),
    // Fixed in the programs: secure ports of the controller manager and the scheduler.
    ...[10257, 10259].map((port) => ({ address: "127.0.0.1", port })),
    ...labNodes.map(({ address }) => ({ address, port: ports.kubelet })),
    { address: labAddress, port: ports.registry },
  ];
  const everywhere = new Set(["*", "0.0.0.0", "[::]"]);
  return needed.flatMap(({ address, port }) => {
    const taken = listeners.find(
      (one) => one.port === port && (one.address === address || everywhere.has(one.address)),
    );
    return taken ? [`port ${port} of ${address} is taken by ${describeOwner(taken)}`] : [];
  });
}

function describeOwner({ process }: Listener): string {
  if (process === undefined) {
    return "another program";
  }
  const otherLab = labOf(process.pid);
  return `${process.name} (pid ${process.pid}${otherLab ? `, of the lab in ${otherLab}` : ""})`;
}

interface Link {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

export function networkCollisions(links: readonly Link[]): string[] {
  return labNodes.flatMap(({ bridge, network }) =>
    links.flatMap(({ ifname, addr_info: addresses }) => {
      if (ifname === bridge) {
        return [`a network interface ${bridge} is there already`];
      }
      const other = addresses.find(({ local, prefixlen }) => local && coversNetwork(local, prefixlen ?? 32, network));
      return other
        ? [`network ${network}.0/24 is taken by interface ${ifname} (${other.local}/${other.prefixlen})`]
        : [];
    }),
  );
}

/** Whether an interface's network and the /24 have addresses in common. */
function coversNetwork(local: string, prefixLength: number, network: string): boolean {
  if (local.includes(":")) {
    return false;
  }
  const common = Math.min(prefixLength, 24);
  return toBits(local).slice(0, common) === toBits(`${network}.0`).slice(0, common);
}

function toBits(address: string): string {
  return address
    .split(".")
    .map((byte) => Number(byte).toString(2).padStart(8, "0"))
    .join("");
}
