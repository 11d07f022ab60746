import { setTimeout as sleep } from "node:timers/promises";
import type { Exchange } from "./exchange.ts";
import type { ActiveFault, Fault } from "./faults.ts";
import { expiredContinue, Refusal } from "./refusal.ts";

/** What becomes of a new request: it is worked on, or the fault has dealt with it. */
export type Verdict = "go on" | "done";

/** Lets a fault meet a request that has not been answered yet. `silence` makes the whole connection silent. */
export async function meetNew(exchange: Exchange, active: ActiveFault, silence: () => void): Promise<Verdict> {
  const { fault } = active;
  const { outlet } = exchange;
  switch (fault.kind) {
    case "status":
      await exchange.refuse(refusalOf(fault));
      return "done";
    case "delay":
      await sleep(fault.delayMs, undefined, { signal: outlet.closed }).catch(() => undefined); // the client has gone
      return outlet.closed.aborted ? "done" : "go on";
    case "hang":
      await Promise.race([active.removed, closing(outlet.closed)]);
      return outlet.closed.aborted ? "done" : "go on";
    case "cut":
      if (fault.afterBytes === undefined) {
        exchange.cut();
        return "done";
      }
      outlet.cutAfter(fault.afterBytes);
      return "go on";
    case "half-open":
      silence();
      return "done";
    case "slow":
      slowDown(exchange, active, fault.bytesPerSecond);
      return "go on";
    case "garbage":
      await exchange.send(200, fault.content === "html" ? "text/html" : "application/json", [garbageOf(fault)]);
      return "done";
    case "expired":
      if (exchange.info.query.get("continue") === null) return "go on";
      await exchange.refuse(expiredContinue());
      return "done";
  }
}

/** Lets a fault meet an answer that has begun. */
export function meetRunning(exchange: Exchange, active: ActiveFault, silence: () => void): void {
  const { fault } = active;
  const { outlet, watch } = exchange;
  switch (fault.kind) {
    case "hang":
      void active.removed.then(outlet.hold());
      break;
    case "cut":
      exchange.cut();
      break;
    case "half-open":
      silence();
      break;
    case "slow":
      slowDown(exchange, active, fault.bytesPerSecond);
      break;
    case "garbage":
      if (watch) void outlet.write(garbageOf(fault));
      break;
    case "expired":
      watch?.fail(new Refusal(410, "Expired", "The resourceVersion for the provided watch is too old."));
      break;
    case "status":
    case "delay":
      break; // what has begun has been allowed
  }
}

/** True for what the fault does to an answer that has begun. */
export function meetsRunning({ kind }: Fault): boolean {
  return kind !== "status" && kind !== "delay";
}

function slowDown({ outlet }: Exchange, active: ActiveFault, bytesPerSecond: number): void {
  outlet.slow(bytesPerSecond);
  // One with a count is gone at its last request, which is to be slow to its end.
  if (active.match.count === undefined) void active.removed.then(() => outlet.slow(Infinity));
}

function refusalOf({ code, reason, message, retryAfter }: Extract<Fault, { kind: "status" }>): Refusal {
  const [usualReason, usualMessage] = usual[code] ?? ["", `HTTP status ${code}`];
  return new Refusal(
    code,
    reason ?? usualReason,
    message ?? usualMessage,
    retryAfter === undefined ? {} : { retryAfter },
  );
}

const usual: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  400: ["BadRequest", "the server rejected our request for an unknown reason"],
  401: ["Unauthorized", "Unauthorized"],
  403: ["Forbidden", "forbidden: not allowed"],
  404: ["NotFound", "the server could not find the requested resource"],
  409: ["Conflict", "the server reported a conflict"],
  410: ["Expired", "The resourceVersion for the provided list is too old."],
  429: ["TooManyRequests", "Too many requests, please try again later."],
  500: ["InternalError", "Internal error occurred: etcdserver: leader changed"],
  502: ["InternalError", "Bad Gateway"],
  503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
  504: ["Timeout", "Timeout: request did not complete within the allotted timeout"],
};

function garbageOf({ content }: Extract<Fault, { kind: "garbage" }>): string {
  return content === "html"
    ? "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to the network</h1></body></html>\n"
    : '{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":\n';
}

async function closing(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise;
}
