import { Duplex, PassThrough } from "node:stream";
import { callbackify } from "node:util";
import { type WebSocket, WebSocketServer } from "ws";
import type { Exchange } from "./exchange.ts";
import { type ExecChannels, type ExecRequest, readExecRequest } from "./execChannels.ts";
import { badRequest } from "./refusal.ts";

const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const channel = { stdin: 0, stdout: 1, stderr: 2, outcome: 3, close: 255 } as const;

/**
 * Takes over the connection of an exec over WebSocket, as client-node and kubectl do it: the first byte of a message
 * says which stream. Resolves at the connection's end.
 *
 * @throws {Refusal} no protocol in common
 */
export async function serveWebSocketExec(
  exchange: Exchange,
  head: Buffer,
  start: (request: ExecRequest, channels: ExecChannels) => void,
): Promise<void> {
  const offered = (exchange.request.headers["sec-websocket-protocol"] ?? "").split(/,\s*/);
  const protocol = protocols.find((one) => offered.includes(one));
  if (!protocol) throw badRequest(`unable to upgrade: no protocol in common with ${offered.join(", ")}`);
  exchange.status = 101;
  const server = new WebSocketServer({ noServer: true, handleProtocols: () => protocol });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.handleUpgrade(exchange.request, throughOutlet(exchange), head, (socket) => {
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
    const request = readExecRequest(exchange.info.query);
    start(request, channelsOf(socket, exchange, request));
  });
  exchange.outlet.closed.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}

/** The connection, with all that is written to it going through the outlet, where faults are. */
function throughOutlet({ socket, outlet }: Exchange): Duplex {
  const duplex = new Duplex({
    read: () => socket.resume(),
    write: callbackify(async (chunk: Buffer, _encoding: string) => outlet.write(chunk)),
    final: callbackify(async () => outlet.end()),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk: Buffer) => {
    if (!outlet.isSilent && !duplex.push(chunk)) socket.pause();
  });
  socket.once("end", () => duplex.push(null));
  socket.once("close", () => duplex.destroy());
  return duplex;
}

function channelsOf(socket: WebSocket, { outlet }: Exchange, { streams }: ExecRequest): ExecChannels {
  const stdin = new PassThrough();
  socket.on("message", (data: Buffer) => {
    if (data[0] === channel.stdin) stdin.write(data.subarray(1));
    if (data[0] === channel.close && data[1] === channel.stdin) stdin.end();
  });
  socket.on("close", () => stdin.end());
  const send = async (stream: number, data: Buffer): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    outlet.closed.addEventListener("abort", () => resolve(), { once: true });
    socket.send(Buffer.concat([Buffer.from([stream]), data]), () => resolve());
    await promise;
  };
  return {
    stdin: streams.has("stdin") ? stdin : undefined,
    send: async (name, data) => {
      if (streams.has(name)) await send(channel[name], data);
    },
    finish: async (status) => {
      await send(channel.outcome, Buffer.from(JSON.stringify(status)));
      socket.close(1000);
    },
  };
}
