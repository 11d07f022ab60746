import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { ClusterConnections, type ClusterConnection } from "../../src/core/cluster/cluster.ts";
import type { ClusterNode } from "../../src/core/cluster/objects.ts";
import { Follower } from "./client.ts";

/** The longest that the state may be wrong after something has broken, or is well again. */
const longestMs = 5_000;

/** The cluster nodes of a cluster, followed as the explorer does. */
export class FollowedNodes implements AsyncDisposable {
  readonly nodes: Follower<ClusterNode>;
  readonly #connections: ClusterConnections;
  readonly #connection: ClusterConnection;

  private constructor(connections: ClusterConnections, connection: ClusterConnection) {
    this.#connections = connections;
    this.#connection = connection;
    this.nodes = new Follower(connection.nodes());
  }

  static async of({ kubeconfig }: { readonly kubeconfig: string }): Promise<FollowedNodes> {
    const connections = new ClusterConnections({});
    const followed = new FollowedNodes(connections, await connections.open({ kubeconfig }));
    await followed.nodes.until(({ status }) => status.kind === "live");
    return followed;
  }

  /** Fails when that is not so within the time. */
  async soon(what: string, isSo: Parameters<Follower<ClusterNode>["until"]>[0]): Promise<void> {
    const startMs = performance.now();
    await this.nodes.until(isSo);
    const tookMs = Math.round(performance.now() - startMs);
    assert.ok(tookMs < longestMs, `${what}: after ${tookMs} ms`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.nodes[Symbol.dispose]();
    this.#connection.dispose();
    this.#connections.dispose();
  }
}
