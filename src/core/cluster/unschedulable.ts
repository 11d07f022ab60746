import { t } from "../l10n.ts";
import { bytesOf, coresOf } from "./quantity.ts";
import type { WirePod } from "./wirePod.ts";

/**
 * Says why no node takes a pod, from the scheduler's message (`0/2 nodes are available: 1 Insufficient cpu, …`) and
 * from what the pod asks for: "no arm64 node has 4 free CPUs". Gives the message back where it is of another form.
 */
export function unschedulableText(pod: WirePod, message: string): string {
  if (/unbound immediate PersistentVolumeClaims/.test(message)) {
    return t("its volume claim is not bound: the cluster has no volume or no storage class for it");
  }
  const reasons = reasonsOf(message);
  if (reasons.length === 0) return message === "" ? t("no node takes it") : message;
  // Nodes that the selector leaves out are no news when others would fit but for something else.
  const relevant = reasons.filter(({ text }) => !selectorPattern.test(text));
  const nodes = nodesWord(pod);
  if (relevant.length === 0) return t("no node matches its node selector {0}", selectorText(pod));
  const [only] = relevant;
  if (only && relevant.length === 1) return oneReason(pod, only.text, nodes);
  const list = relevant.map(({ count, text }) => `${count} × ${shortReason(pod, text)}`).join(", ");
  return t("no {0} takes it: {1}", nodes, list);
}

interface Reason {
  readonly count: number;
  readonly text: string;
}

const selectorPattern = /node affinity\/selector|node selector/;
const taintPattern = /untolerated taint(?:\(s\))?(?: \{([^}]*)\})?/;

function reasonsOf(message: string): readonly Reason[] {
  const list = /nodes are available: (.*?)(?:\. preemption: .*|\.\s*)?$/s.exec(message)?.[1];
  if (list === undefined) return [];
  // The reasons stand between commas, each with its number of nodes in front.
  return list.split(/, (?=\d+ )/).flatMap((part) => {
    const match = /^(\d+) (.*?)\.?$/s.exec(part.trim());
    return match?.[2] ? [{ count: Number(match[1]), text: match[2] }] : [];
  });
}

function oneReason(pod: WirePod, text: string, nodes: string): string {
  if (text.startsWith("Insufficient cpu")) return t("no {0} has {1} free CPUs", nodes, cpuOf(pod));
  if (text.startsWith("Insufficient memory")) return t("no {0} has {1} of free memory", nodes, memoryOf(pod));
  if (/unschedulable/.test(text)) return t("every {0} that would do is cordoned", nodes);
  const taint = taintPattern.exec(text);
  if (taint) {
    return taint[1]
      ? t("every {0} that would do has a taint that it does not tolerate ({1})", nodes, taintText(taint[1]))
      : t("every {0} that would do has a taint that it does not tolerate", nodes);
  }
  return t("no {0} takes it: {1}", nodes, shortReason(pod, text));
}

function shortReason(pod: WirePod, text: string): string {
  if (text.startsWith("Insufficient cpu")) return t("fewer than {0} free CPUs", cpuOf(pod));
  if (text.startsWith("Insufficient memory")) return t("less than {0} of free memory", memoryOf(pod));
  if (text.startsWith("Insufficient ephemeral-storage")) return t("too little free disk space");
  if (text.startsWith("Insufficient ")) return t("not enough {0}", text.slice("Insufficient ".length));
  if (text.startsWith("Too many pods")) return t("no place for another pod");
  if (/unschedulable/.test(text)) return t("cordoned");
  if (/volume node affinity conflict/.test(text)) return t("cannot reach its volume");
  if (/didn't find available persistent volumes/.test(text)) return t("no volume for its claim");
  const taint = taintPattern.exec(text);
  if (taint) return taint[1] ? t("tainted ({0})", taintText(taint[1])) : t("tainted");
  return text.replace(/^node\(s\) /, "");
}

function nodesWord({ spec }: WirePod): string {
  const architecture = spec?.nodeSelector?.["kubernetes.io/arch"];
  return architecture === undefined ? t("node") : t("{0} node", architecture);
}

function selectorText({ spec }: WirePod): string {
  return Object.entries(spec?.nodeSelector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}

/** The scheduler writes a taint as a map, `key: value`. */
function taintText(taint: string): string {
  return taint.replace(/: ?$/, "").replace(": ", "=");
}

function cpuOf(pod: WirePod): string {
  return String(Math.round(requestOf(pod, "cpu", coresOf) * 1000) / 1000);
}

function memoryOf(pod: WirePod): string {
  const mebibytes = requestOf(pod, "memory", bytesOf) / 2 ** 20;
  return mebibytes >= 1024 ? `${Math.round((mebibytes / 1024) * 10) / 10} GiB` : `${Math.round(mebibytes)} MiB`;
}

function requestOf({ spec }: WirePod, resource: string, read: (quantity: string | undefined) => number): number {
  return (spec?.containers ?? []).reduce((sum, { resources }) => sum + read(resources?.requests?.[resource]), 0);
}
