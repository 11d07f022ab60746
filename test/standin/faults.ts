import type { Disposable } from "../../src/core/event.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestInfo, Verb } from "./requestInfo.ts";

/** What goes wrong. Where nothing else is said, it goes wrong in running watches and exec connections, too. */
export type Fault =
  /** Refuses new requests. `reason` and `message` are by default those of the API server for that status. */
  | {
      readonly kind: "status";
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      /** Seconds, for the header `Retry-After`. */
      readonly retryAfter?: number;
    }
  /** Answers new requests that much later. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Keeps answers back as long as the fault is there; then they go on. */
  | { readonly kind: "hang" }
  /** Breaks the connection, in new answers after that many bytes of the body; by default before the answer. */
  | { readonly kind: "cut"; readonly afterBytes?: number }
  /** The connection stays, and is silent for ever, also after the fault is gone: a network that has vanished. */
  | { readonly kind: "half-open" }
  /** Answers trickle. */
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /** A proxy's page, JSON that is none, or a text that ends too early. In running watches: a line of that. */
  | { readonly kind: "garbage"; readonly content: "html" | "json" }
  /** Watches, running or new, get 410 as an event; a list's next page gets it as the answer. */
  | { readonly kind: "expired" };

/** Which requests: all of the given properties must be so. None given: all requests. */
export interface FaultMatch {
  readonly method?: string;
  readonly verb?: Verb;
  /** With its subresource: `pods`, `pods/exec`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** True: only watches; false: only what is none. */
  readonly isWatch?: boolean;
  /** Tried on the path with its query. */
  readonly path?: RegExp;
  /** Name of the user. */
  readonly user?: string;
  /** How many requests it meets, running ones included, before it is gone by itself. */
  readonly count?: number;
}

/** A fault that is switched on; disposed, it is off. */
export class ActiveFault implements Disposable {
  readonly match: FaultMatch;
  readonly fault: Fault;
  readonly #off: () => void;
  readonly #removed = Promise.withResolvers<void>();
  #hits = 0;
  #isOn = true;

  constructor(match: FaultMatch, fault: Fault, off: (self: ActiveFault) => void) {
    this.match = match;
    this.fault = fault;
    this.#off = () => off(this);
  }

  /** How many requests it has met. */
  get hits(): number {
    return this.#hits;
  }

  /** Resolves when the fault is gone. */
  get removed(): Promise<void> {
    return this.#removed.promise;
  }

  /** True when this request is to be met; it counts. */
  meets({ info, user }: Exchange): boolean {
    if (!this.#isOn || !isMatch(this.match, info, user)) return false;
    this.#hits += 1;
    if (this.match.count !== undefined && this.#hits >= this.match.count) this.dispose();
    return true;
  }

  dispose(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#off();
    this.#removed.resolve();
  }
}

/** The faults that are switched on. */
export class Faults {
  readonly #active = new Set<ActiveFault>();
  readonly #spread: (fault: ActiveFault) => void;

  /** `spread`: called with each new fault, to let it meet what is running. */
  constructor(spread: (fault: ActiveFault) => void) {
    this.#spread = spread;
  }

  /** All that are on, the oldest first. */
  get active(): readonly ActiveFault[] {
    return [...this.#active];
  }

  /** Switches a fault on, at once, for running exchanges and for new ones. */
  add(fault: Fault, match: FaultMatch = {}): ActiveFault {
    const active = new ActiveFault(match, fault, (self) => this.#active.delete(self));
    this.#active.add(active);
    this.#spread(active);
    return active;
  }

  /** Switches all off. */
  clear(): void {
    for (const fault of this.#active) fault.dispose();
  }
}

function isMatch(match: FaultMatch, info: RequestInfo, user: string): boolean {
  const { method, verb, resource, namespace, name, isWatch, path } = match;
  const query = info.query.toString();
  return (
    (method === undefined || method === info.method) &&
    (verb === undefined || verb === info.verb) &&
    (resource === undefined || resource === info.resource) &&
    (namespace === undefined || namespace === info.namespace) &&
    (name === undefined || name === info.name) &&
    (isWatch === undefined || isWatch === (info.verb === "watch")) &&
    (match.user === undefined || match.user === user) &&
    (path === undefined || path.test(query === "" ? info.path : `${info.path}?${query}`))
  );
}
