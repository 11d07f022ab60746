import { badRequest } from "./refusal.ts";
import { isFields, type KubeObject } from "./objects.ts";

/** Says whether an object is chosen. */
export type Selector = (object: KubeObject) => boolean;

/**
 * Reads both selectors of a query; undefined when there is none, so that lists can go without looking.
 *
 * @throws {Refusal} a selector cannot be read
 */
export function readSelectors(query: URLSearchParams): Selector | undefined {
  const parts = [
    ...requirements(query.get("labelSelector")).map(labelRequirement),
    ...requirements(query.get("fieldSelector")).map(fieldRequirement),
  ];
  return parts.length === 0 ? undefined : (object) => parts.every((matches) => matches(object));
}

/** Splits at the commas that are not inside parentheses. */
function requirements(text: string | null): readonly string[] {
  return (text ?? "")
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function labelRequirement(text: string): Selector {
  const set = /^([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    const isIn = (object: KubeObject): boolean => {
      const value = labelOf(object, key);
      return value !== undefined && values.has(value);
    };
    return operator === "in" ? isIn : (object) => !isIn(object);
  }
  const equality = /^([\w./-]+)\s*(==|=|!=)\s*([\w./-]*)$/.exec(text);
  if (equality) {
    const [, key = "", operator, value] = equality;
    return (object) => (labelOf(object, key) === value) !== (operator === "!=");
  }
  const existence = /^(!?)\s*([\w./-]+)$/.exec(text);
  if (!existence) throw badRequest(`unable to parse requirement: ${text}`);
  const [, not, key = ""] = existence;
  return (object) => (labelOf(object, key) !== undefined) !== (not === "!");
}

function fieldRequirement(text: string): Selector {
  const match = /^([\w.]+)\s*(==|=|!=)\s*(.*)$/.exec(text);
  if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const [, path = "", operator, value] = match;
  return (object) => (fieldOf(object, path) === value) !== (operator === "!=");
}

function labelOf({ metadata }: KubeObject, key: string): string | undefined {
  return metadata.labels?.[key];
}

/** A missing field counts as empty. */
function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const key of path.split(".")) value = isFields(value) ? value[key] : undefined;
  return typeof value === "string" || typeof value === "boolean" || typeof value === "number" ? String(value) : "";
}
