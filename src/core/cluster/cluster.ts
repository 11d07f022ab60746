import type { Disposable } from "../event.ts";
import { KubeApi } from "./api.ts";
import { type Collections, collections } from "./collections.ts";
import { ClusterConnection, type Link } from "./connection.ts";
import { onDidChangeFiles } from "../fileChanges.ts";
import { type ClusterAccess, kubeconfigFiles, loadKubeconfig, selectContext } from "./kubeconfig.ts";

export type { ClusterConnection } from "./connection.ts";

/** Which cluster to connect to. */
export interface ClusterAddress {
  /** Kubeconfig file; absent: the default one. */
  readonly kubeconfig?: string;
  /** Absent: the kubeconfig's current context, whatever it is from time to time. */
  readonly context?: string;
}

interface SharedLink {
  readonly api: KubeApi;
  readonly collections: Collections;
  uses: number;
}

/** All connections to clusters. Those with the same server and user share one client and its watches. */
export class ClusterConnections implements Disposable {
  readonly #env: Readonly<NodeJS.ProcessEnv>;
  readonly #links = new Map<string, SharedLink>();

  constructor(env: Readonly<NodeJS.ProcessEnv>) {
    this.#env = env;
  }

  /**
   * Reads the kubeconfig and gives a connection, which the caller disposes. Does not call the server yet: whether it
   * answers is the state of the connection's resources.
   *
   * @throws {UserError} when the kubeconfig cannot be read or does not have the context
   */
  async open({ kubeconfig: path, context }: ClusterAddress): Promise<ClusterConnection> {
    const location = { path, env: this.#env };
    const resolve = async (): Promise<ClusterAccess> => selectContext(await loadKubeconfig(location), context);
    return new ClusterConnection(await resolve(), {
      resolve,
      link: (access) => this.#link(access),
      onDidChange: (listener) => onDidChangeFiles(kubeconfigFiles(location), listener),
    });
  }

  /** Closes all clients; the connections should have been disposed by their owners. */
  dispose(): void {
    for (const { api } of this.#links.values()) api.dispose();
    this.#links.clear();
  }

  #link(access: ClusterAccess): Link {
    const key = access.identity;
    const shared = this.#links.get(key) ?? newLink(access, this.#env);
    this.#links.set(key, shared);
    shared.uses += 1;
    let isDisposed = false;
    return {
      access,
      api: shared.api,
      collections: shared.collections,
      dispose: () => {
        if (isDisposed) return;
        isDisposed = true;
        shared.uses -= 1;
        if (shared.uses > 0) return;
        this.#links.delete(key);
        shared.api.dispose();
      },
    };
  }
}

function newLink(access: ClusterAccess, env: Readonly<NodeJS.ProcessEnv>): SharedLink {
  const api = new KubeApi(access, env);
  return { api, collections: collections(api), uses: 0 };
}
