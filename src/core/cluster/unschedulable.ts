import { t } from "../l10n.ts";
import { bytesOf, coresOf } from "./quantity.ts";
import type { WirePod } from "./wirePod.ts";

/**
 * Says why no node takes a pod, from the scheduler's message (`0/2 nodes are available: 1 Insufficient cpu, …`) and
 * from what the pod asks for: "no arm64 node has 4 free CPUs". Gives the message back where it is of another form.
 */
export function unschedulableText(pod: WirePod, message: string): string {
  const missingClaim = /persistentvolumeclaim "([^"]+)" (?:not found|is being deleted)/.exec(message);
  if (missingClaim?.[1]) return t("its volume claim {0} does not exist", missingClaim[1]);
  if (message.includes("unbound immediate PersistentVolumeClaims")) {
    return t("its volume claim is not bound: the cluster has no volume or default storage class for it");
  }
  const reasons = reasonsOf(message);
  const others = reasons.filter(({ text }) => !isSelectorReason(text));
  const [first] = others;
  if (reasons.length === 0) return message === "" ? t("no node takes it") : message;
  if (!first) return t("no node matches its node selector {0}", selectorText(pod));
  if (others.length === 1 && first.text === "Insufficient cpu") {
    return t("no {0} has {1} free CPUs", nodeWord(pod), cpuOf(pod));
  }
  if (others.length === 1 && first.text === "Insufficient memory") {
    return t("no {0} has {1} of free memory", nodeWord(pod), memoryOf(pod));
  }
  // Taints and cordons are looked at before the selector, so these nodes need not be ones that the selector allows:
  // all reasons are given, or the sum would be wrong.
  const list = (first.text.startsWith("Insufficient ") ? others : reasons)
    .map(({ count, text }) => shortReason(pod, count, text))
    .join(", ");
  return t("no {0} takes it: {1}", nodeWord(pod), list);
}

interface Reason {
  /** Number of nodes. */
  readonly count: number;
  readonly text: string;
}

/** The reasons stand between commas, each with its number of nodes in front. */
function reasonsOf(message: string): readonly Reason[] {
  const list = /nodes are available: (.*?)(?:\. preemption: .*|\.\s*)?$/s.exec(message)?.[1] ?? "";
  return list.split(/, (?=\d+ )/).flatMap((part) => {
    const match = /^(\d+) (.*?)\.?$/s.exec(part.trim());
    return match?.[2] ? [{ count: Number(match[1]), text: match[2] }] : [];
  });
}

function isSelectorReason(text: string): boolean {
  return /node affinity\/selector|node selector/.test(text);
}

function shortReason(pod: WirePod, count: number, text: string): string {
  if (text === "Insufficient cpu") return t("{0} without {1} free CPUs", count, cpuOf(pod));
  if (text === "Insufficient memory") return t("{0} without {1} of free memory", count, memoryOf(pod));
  if (text === "Insufficient ephemeral-storage") return t("{0} without enough free disk space", count);
  if (text.startsWith("Insufficient ")) return t("{0} without enough {1}", count, text.slice("Insufficient ".length));
  if (text === "Too many pods") return t("{0} full of pods", count);
  if (text.includes("were unschedulable")) return t("{0} cordoned", count);
  if (text.includes("volume node affinity conflict")) return t("{0} that cannot reach its volume", count);
  if (isSelectorReason(text)) return t("{0} outside its node selector", count);
  const taint = /untolerated taint(?:\(s\))?(?: \{([^}]*)\})?/.exec(text);
  if (taint?.[1]) return t("{0} with a taint it does not tolerate ({1})", count, taintText(taint[1]));
  if (taint) return t("{0} with a taint it does not tolerate", count);
  return `${count} ${text.replace(/^node\(s\) /, "")}`;
}

function nodeWord({ spec }: WirePod): string {
  const architecture = spec?.nodeSelector?.["kubernetes.io/arch"];
  return architecture === undefined ? t("node") : t("{0} node", architecture);
}

function selectorText({ spec }: WirePod): string {
  return Object.entries(spec?.nodeSelector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}

/** Up to Kubernetes 1.33 the scheduler names the taint, as `key: value`. */
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
