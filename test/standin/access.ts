import type { Disposable } from "../../src/core/event.ts";
import { Refusal, unauthorized } from "./refusal.ts";
import type { RequestInfo, Verb } from "./requestInfo.ts";

/** What somebody may not do. A property that is absent counts for all. */
export interface Denial {
  readonly user?: string;
  /** Absent: all verbs. */
  readonly verbs?: readonly Verb[];
  /** With its subresource: `pods`, `pods/exec`. */
  readonly resource?: string;
  readonly namespace?: string;
}

/** What is asked of the access rules. */
export interface Action {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Who may come in, and what they may do: everything that is not denied. */
export class Access {
  readonly #users = new Map<string, string>();
  readonly #denials = new Set<Denial>();
  /** Without TLS clients send no token. */
  readonly #asksForTokens: boolean;

  constructor(asksForTokens: boolean) {
    this.#asksForTokens = asksForTokens;
  }

  /** From now on this token is that user's. */
  accept(token: string, user: string): void {
    this.#users.set(token, user);
  }

  /** From now on requests with this token get 401; what is running goes on, as with the API server. */
  revoke(token: string): void {
    this.#users.delete(token);
  }

  /** From now on that is forbidden, until the result is disposed. */
  deny(denial: Denial): Disposable {
    const own = { ...denial };
    this.#denials.add(own);
    return { dispose: () => this.#denials.delete(own) };
  }

  /** Takes all denials back. */
  allowAll(): void {
    this.#denials.clear();
  }

  /** The name of whoever sends that header; undefined when the token is none, or not known. */
  userOf(authorization: string | undefined): string | undefined {
    if (!this.#asksForTokens) return "admin";
    const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
    return token === undefined ? undefined : this.#users.get(token);
  }

  /** @throws {Refusal} no token, or one that is not known */
  authenticate(authorization: string | undefined): void {
    if (this.userOf(authorization) === undefined) throw unauthorized();
  }

  isAllowed(user: string, action: Action): boolean {
    return ![...this.#denials].some(
      (denial) =>
        (denial.user === undefined || denial.user === user) &&
        (denial.verbs === undefined || denial.verbs.some((verb) => verb === action.verb)) &&
        (denial.resource === undefined || denial.resource === action.resource) &&
        (denial.namespace === undefined || denial.namespace === action.namespace),
    );
  }

  /** @throws {Refusal} in the API server's words */
  authorize(user: string, info: RequestInfo): void {
    const { verb, group, resource, name } = info;
    if (resource === "") return;
    const namespace = info.kind?.isNamespaced === false && resource !== "namespaces" ? undefined : info.namespace;
    if (!this.isAllowed(user, { verb, group, resource, namespace, name })) {
      throw forbidden(user, { verb, group, resource, namespace, name });
    }
  }
}

/** Worded by `ForbiddenMessage` and `NewForbidden` of Kubernetes' apiserver and apimachinery. */
function forbidden(user: string, { verb, group, resource, namespace, name }: Action): Refusal {
  const [plural = ""] = resource.split("/");
  const qualified = group === "" ? plural : `${plural}.${group}`;
  const what = name === "" ? qualified : `${qualified} "${name}"`;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const cannot = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  const details = { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind: plural };
  return new Refusal(403, "Forbidden", `${what} is forbidden: ${cannot}`, { details });
}
