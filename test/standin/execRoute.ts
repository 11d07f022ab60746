import type { Exchange } from "./exchange.ts";
import type { ExecChannels, ExecRequest } from "./execChannels.ts";
import type { Kubelet } from "./kubelet.ts";
import { pods } from "./kinds.ts";
import { runInPod } from "./podExec.ts";
import type { PodObject } from "./podObjects.ts";
import { badRequest, noSuchPath } from "./refusal.ts";
import { serveSpdyExec } from "./spdyExec.ts";
import type { Store } from "./store.ts";
import { serveWebSocketExec } from "./webSocketExec.ts";

/** Answers a request to run a command in a pod, over either protocol. @throws {Refusal} it cannot be run */
export async function execInPod(exchange: Exchange, head: Buffer, store: Store, kubelet: Kubelet): Promise<void> {
  const { kind, subresource, namespace, name, query } = exchange.info;
  if (kind !== pods || subresource !== "exec") throw noSuchPath();
  const pod = store.get(pods, namespace, name) as PodObject;
  const { place, gone } = kubelet.placeOf(pod, query.get("container") ?? pod.spec.containers?.[0]?.name ?? "");
  const signal = AbortSignal.any([gone, exchange.outlet.closed]);
  const start = ({ command }: ExecRequest, channels: ExecChannels): void => runInPod(place, command, channels, signal);
  switch ((exchange.request.headers.upgrade ?? "").toLowerCase()) {
    case "spdy/3.1":
      return serveSpdyExec(exchange, head, start);
    case "websocket":
      return serveWebSocketExec(exchange, head, start);
    default:
      throw badRequest("unable to upgrade: missing upgrade headers in request");
  }
}
