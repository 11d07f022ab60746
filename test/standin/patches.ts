import { isDeepStrictEqual } from "node:util";
import { isFields, type Fields } from "./objects.ts";
import { badRequest, invalid, Refusal } from "./refusal.ts";

/** The object after a patch of that content type. @throws {Refusal} unknown type, or it does not fit the object */
export function applyPatch(object: unknown, patch: unknown, contentType: string): unknown {
  switch (contentType.split(";")[0]?.trim()) {
    case "application/json-patch+json":
      if (!Array.isArray(patch)) throw badRequest("a JSON patch is a list of operations");
      return (patch as Operation[]).reduce(applyOperation, object);
    case "application/merge-patch+json":
      return mergePatch(object, patch);
    case "application/strategic-merge-patch+json":
      return strategicMerge(object, patch, "");
    default:
      throw new Refusal(
        415,
        "UnsupportedMediaType",
        `the body of the request was in an unknown format: ${contentType}`,
      );
  }
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

function applyOperation(object: unknown, { op, path, from = "", value }: Operation): unknown {
  switch (op) {
    case "add":
      return edit(object, path, () => value, true);
    case "replace":
      return edit(object, path, () => value);
    case "remove":
      return edit(object, path, () => undefined);
    case "test":
      if (!isDeepStrictEqual(valueAt(object, path), value)) throw unfit(`testing path ${path} failed`);
      return object;
    case "copy":
      return edit(object, path, () => valueAt(object, from), true);
    case "move":
      return edit(
        edit(object, from, () => undefined),
        path,
        () => valueAt(object, from),
        true,
      );
    default:
      throw unfit(`unexpected kind: ${op}`);
  }
}

/** A copy in which the value at the path is another one; undefined takes it away. */
function edit(object: unknown, path: string, change: () => unknown, isAdd = false): unknown {
  const [key, ...rest] = keysOf(path);
  if (key === undefined) return change();
  const restPath = rest.map((one) => `/${escapeKey(one)}`).join("");
  if (Array.isArray(object)) {
    const items = object as readonly unknown[];
    const index = key === "-" ? items.length : Number(key);
    const isEnd = index === items.length && isAdd && rest.length === 0;
    if (!Number.isInteger(index) || index < 0 || (index >= items.length && !isEnd))
      throw unfit(`no such index: ${path}`);
    if (rest.length > 0) return items.with(index, edit(items[index], restPath, change, isAdd));
    const value = change();
    return items.toSpliced(index, isAdd ? 0 : 1, ...(value === undefined ? [] : [value]));
  }
  if (!isFields(object)) throw unfit(`no such path: ${path}`);
  if (rest.length === 0) {
    if (!isAdd && !(key in object)) throw unfit(`no such path: ${path}`);
    const value = change();
    return value === undefined ? without(object, key) : { ...object, [key]: value };
  }
  if (!(key in object)) throw unfit(`no such path: ${path}`);
  return { ...object, [key]: edit(object[key], restPath, change, isAdd) };
}

function valueAt(object: unknown, path: string): unknown {
  let value = object;
  for (const key of keysOf(path)) {
    if (Array.isArray(value)) value = (value as readonly unknown[])[Number(key)];
    else value = isFields(value) ? value[key] : undefined;
  }
  return value;
}

function keysOf(path: string): readonly string[] {
  return path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function escapeKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unfit(message: string): Refusal {
  return invalid(`the server rejected our request due to an error in our request: ${message}`);
}

function mergePatch(object: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  let merged: Fields = isFields(object) ? object : {};
  for (const [key, value] of Object.entries(patch)) {
    merged = value === null ? without(merged, key) : { ...merged, [key]: mergePatch(merged[key], value) };
  }
  return merged;
}

/** By which key the items of a list are known; lists that are not here are replaced as a whole. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  env: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  conditions: "type",
  addresses: "type",
  taints: "key",
  ownerReferences: "uid",
};

function strategicMerge(object: unknown, patch: unknown, field: string): unknown {
  if (Array.isArray(patch)) return mergeLists(object, patch as readonly unknown[], field);
  if (!isFields(patch)) return patch;
  if (patch["$patch"] === "replace") return without(patch, "$patch");
  let merged: Fields = isFields(object) ? object : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith("$")) continue;
    merged = value === null ? without(merged, key) : { ...merged, [key]: strategicMerge(merged[key], value, key) };
  }
  return merged;
}

function mergeLists(object: unknown, patch: readonly unknown[], field: string): unknown {
  const mergeKey = mergeKeys[field];
  if (mergeKey === undefined || !Array.isArray(object)) return patch;
  let items = object as readonly unknown[];
  for (const part of patch) {
    const id = isFields(part) ? part[mergeKey] : undefined;
    const index = items.findIndex((item) => isFields(item) && item[mergeKey] === id);
    if (isFields(part) && part["$patch"] === "delete") items = index < 0 ? items : items.toSpliced(index, 1);
    else if (index < 0) items = [...items, part];
    else items = items.with(index, strategicMerge(items[index], part, ""));
  }
  return items;
}

function without(object: Fields, key: string): Fields {
  const { [key]: _, ...rest } = object;
  return rest;
}
