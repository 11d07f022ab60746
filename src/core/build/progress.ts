import type { WireStatus } from "../buildx/solveStatus.ts";
import type { Platform } from "../platform.ts";
import type { Bytes } from "./snapshot.ts";
import type { Vertex } from "./step.ts";

/**
 * How much a step has moved and what it is at, told from the sub-progress of its vertices. A layer that is pulled has
 * the id `sha256:…` and knows its size; transfers know only what has passed.
 */
export function progressOf(
  vertices: readonly Vertex[],
  isRunning: boolean,
): { readonly bytes?: Bytes; readonly activity?: string } {
  const statuses = vertices.flatMap((vertex) => [...vertex.statuses.values()]);
  if (statuses.length === 0) return {};
  return { bytes: bytesOf(statuses), activity: isRunning ? activityOf(statuses) : undefined };
}

/** The platform that an export of files names: `copying files linux/arm64`. */
export function exportedPlatform(statuses: Iterable<WireStatus>): Platform | undefined {
  for (const { id } of statuses) {
    const match = /^copying files (\S+\/\S+)$/.exec(id);
    if (match?.[1]) return match[1];
  }
  return undefined;
}

function bytesOf(statuses: readonly WireStatus[]): Bytes | undefined {
  const pulls = statuses.filter(isPull);
  if (pulls.length > 0) {
    const isSized = pulls.every((pull) => pull.total !== undefined);
    return { current: sum(pulls, "current"), total: isSized ? sum(pulls, "total") : undefined };
  }
  const transfers = statuses.filter((status) => status.name === "transferring");
  return transfers.length > 0 ? { current: sum(transfers, "current") } : undefined;
}

function activityOf(statuses: readonly WireStatus[]): string | undefined {
  const active = statuses.findLast((status) => status.completed === undefined);
  if (!active) return undefined;
  if (isPull(active)) return "pulling";
  if (active.name === "extracting") return "extracting";
  if (active.id.startsWith("resolve ")) return "resolving";
  return active.id.replace(/[ @]sha256:[0-9a-f]+/g, "").replace(/:$/, "");
}

function isPull(status: WireStatus): boolean {
  return status.id.startsWith("sha256:");
}

function sum(statuses: readonly WireStatus[], key: "current" | "total"): number {
  return statuses.reduce((total, status) => total + (status[key] ?? 0), 0);
}
