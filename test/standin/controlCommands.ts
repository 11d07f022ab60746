import type { Fault, FaultMatch } from "./faults.ts";
import type { Standin } from "./standin.ts";

export const commandHelp = `fault KIND [KEY=VALUE …]   KIND with its own keys:
    status code=503 [retryAfter=5] [message=TEXT]   delay delayMs=2000   hang   cut [afterBytes=100]
    half-open   slow bytesPerSecond=10   garbage content=html|json   expired
  and which requests: method, verb, resource, namespace, name, user, isWatch, path (a regular expression), count
faults                     what is switched on
clear [NUMBER]             switches one off, or all
forget                     every watch that comes back, every list that goes on gets 410
bookmark                   sends a bookmark to all watches
stop, listen               the server is gone; it is back
deaf on|off                connections are accepted and nothing more
deny VERB,…|* RESOURCE [NAMESPACE]   forbids it, until "allow"
revoke, accept             the administrator's token
kill|evict|delete NAMESPACE POD [REASON or GRACE SECONDS]
cordon|uncordon|lose NODE
running                    requests that have not ended
requests                   how many there have been
quit`;

/** Does what a line says to a stand-in. @returns what to print. @throws {Error} it cannot be understood or done */
export async function runCommand(standin: Standin, line: string): Promise<string> {
  const [command = "", ...words] = line.trim().split(/\s+/);
  const [first = "", second = "", third] = words;
  switch (command) {
    case "":
      return "";
    case "help":
      return commandHelp;
    case "fault":
      standin.faults.add(...readFault(first, words.slice(1)));
      return listFaults(standin);
    case "faults":
      return listFaults(standin);
    case "clear":
      if (first === "") standin.faults.clear();
      else standin.faults.active.at(Number(first) - 1)?.dispose();
      return listFaults(standin);
    case "forget":
      standin.forget();
      return "forgotten";
    case "bookmark":
      standin.bookmark();
      return "sent";
    case "stop":
      await standin.server.stop();
      return "stopped";
    case "listen":
      await standin.server.listen();
      return "listening";
    case "deaf":
      standin.server.isDeaf = first === "on";
      return first === "on" ? "deaf" : "hears again";
    case "deny": {
      const verbs = first === "*" ? {} : { verbs: first.split(",") as NonNullable<FaultMatch["verb"]>[] };
      standin.deny({ ...verbs, resource: second, namespace: third });
      return "denied";
    }
    case "allow":
      standin.access.allowAll();
      return "everything is allowed";
    case "revoke":
      standin.access.revoke(standin.token);
      return "revoked";
    case "accept":
      standin.access.accept(standin.token, "admin");
      return "accepted";
    case "kill":
      standin.pods.kill(first, second, { exitCode: 137, reason: third });
      return "killed";
    case "evict":
      standin.pods.evict(first, second);
      return "evicted";
    case "delete":
      standin.pods.delete(first, second, third === undefined ? undefined : Number(third));
      return "deleted";
    case "cordon":
    case "uncordon":
      standin.clusterNodes.cordon(first, command === "cordon");
      return `${command}ed`;
    case "lose":
      standin.clusterNodes.lose(first);
      return "lost";
    case "running":
      return standin.running.map(({ info, user }) => `${info.verb} ${info.path} (${user})`).join("\n") || "none";
    case "requests":
      return String(standin.server.requestCount);
    default:
      throw new Error(`There is no command ${command}; "help" tells them all.`);
  }
}

const numbers = new Set(["code", "retryAfter", "delayMs", "afterBytes", "bytesPerSecond", "count"]);
const faultKeys = new Set([
  "code",
  "reason",
  "message",
  "retryAfter",
  "delayMs",
  "afterBytes",
  "bytesPerSecond",
  "content",
]);
const matchKeys = new Set(["method", "verb", "resource", "namespace", "name", "user", "isWatch", "path", "count"]);
/** What each kind cannot do without. */
const needed: Readonly<Record<Fault["kind"], string | undefined>> = {
  status: "code",
  delay: "delayMs",
  hang: undefined,
  cut: undefined,
  "half-open": undefined,
  slow: "bytesPerSecond",
  garbage: "content",
  expired: undefined,
};

function readFault(kind: string, words: readonly string[]): readonly [fault: Fault, match: FaultMatch] {
  if (!(kind in needed)) throw new Error(`There is no fault ${kind}; there are ${Object.keys(needed).join(", ")}.`);
  const fault: Record<string, unknown> = { kind };
  const match: Record<string, unknown> = {};
  for (const word of words) {
    const [key = "", ...rest] = word.split("=");
    if (faultKeys.has(key)) fault[key] = readValue(key, rest.join("="));
    else if (matchKeys.has(key)) match[key] = readValue(key, rest.join("="));
    else throw new Error(`Faults have no ${key}.`);
  }
  const missing = needed[kind as Fault["kind"]];
  if (missing !== undefined && fault[missing] === undefined) throw new Error(`The fault ${kind} needs ${missing}=….`);
  return [fault as Fault, match];
}

function readValue(key: string, text: string): unknown {
  if (key === "path") return new RegExp(text);
  if (key === "isWatch") return text === "true";
  if (!numbers.has(key)) return text;
  if (!/^\d+$/.test(text)) throw new Error(`${key} is a number.`);
  return Number(text);
}

function listFaults({ faults }: Standin): string {
  const lines = faults.active.map(({ fault, match, hits }, index) => {
    const path = match.path === undefined ? {} : { path: match.path.source };
    return `${index + 1}. ${JSON.stringify(fault)} for ${JSON.stringify({ ...match, ...path })}, met ${hits} requests`;
  });
  return lines.join("\n") || "no faults";
}
