import type { Readable } from "node:stream";
import type { Fields } from "./objects.ts";

/** A client's end of an exec, whatever the protocol. */
export interface ExecChannels {
  /** What the client writes; absent when it has not asked for it. */
  readonly stdin: Readable | undefined;
  /** Resolves when the connection has taken it. */
  send(stream: "stdout" | "stderr", data: Buffer): Promise<void>;
  /** Sends how the command has ended, and ends the connection. */
  finish(status: Fields): Promise<void>;
}

/** What a client has asked for. */
export interface ExecRequest {
  readonly command: readonly string[];
  readonly streams: ReadonlySet<"stdin" | "stdout" | "stderr">;
}

/** Reads the query of an exec. */
export function readExecRequest(query: URLSearchParams): ExecRequest {
  const all = ["stdin", "stdout", "stderr"] as const;
  const streams = new Set(all.filter((name) => /^(?:1|true)$/.test(query.get(name) ?? "")));
  return { command: query.getAll("command"), streams };
}
