import type { Exchange } from "./exchange.ts";
import { type ExecChannels, type ExecRequest, readExecRequest } from "./execChannels.ts";
import { badRequest } from "./refusal.ts";
import { SpdyConnection, type SpdyStream } from "./spdyConnection.ts";

const protocol = "v4.channel.k8s.io";

/**
 * Takes over the connection of an exec over SPDY, as client-go (buildx, older kubectl) does it: one stream for each of
 * stdin, stdout and stderr, and one for the outcome. Calls `start` when all are open; resolves at the connection's end.
 *
 * @throws {Refusal} no protocol in common
 */
export async function serveSpdyExec(
  exchange: Exchange,
  head: Buffer,
  start: (request: ExecRequest, channels: ExecChannels) => void,
): Promise<void> {
  const offered = [exchange.request.headers["x-stream-protocol-version"] ?? []].flat().join(",").split(/,\s*/);
  if (!offered.includes(protocol))
    throw badRequest(`unable to upgrade: no protocol in common with ${offered.join(", ")}`);
  exchange.begin(101, { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol });
  if (head.length > 0) exchange.socket.unshift(head);
  const request = readExecRequest(exchange.info.query);
  const wanted = ["error", ...request.streams];
  const opened = new Map<string, SpdyStream>();
  const connection = new SpdyConnection(exchange, (stream) => {
    opened.set(stream.headers["streamtype"] ?? "", stream);
    const error = opened.get("error");
    if (error && opened.size === wanted.length) start(request, channelsOf(connection, opened, error));
  });
  await connection.run();
}

function channelsOf(
  connection: SpdyConnection,
  opened: ReadonlyMap<string, SpdyStream>,
  error: SpdyStream,
): ExecChannels {
  return {
    stdin: opened.get("stdin")?.input,
    send: async (name, data) => {
      const stream = opened.get(name);
      if (stream) await connection.write(stream.id, data);
    },
    finish: async (status) => {
      await connection.write(error.id, Buffer.from(JSON.stringify(status)));
      for (const [name, { id }] of opened) if (name !== "stdin") await connection.write(id, Buffer.alloc(0), true);
      await connection.end();
    },
  };
}
