import * as vscode from "vscode";
import { extensionPrefix, type Settings } from "../contributions.ts";
import { UserError } from "../core/errors.ts";
import type { Disposable } from "../core/event.ts";

/**
 * The value of one of our settings, for a file where folders can have their own. Machine-level values only take effect
 * from trusted places, see the manifest.
 *
 * @throws {UserError} when somebody has written something else for a list or an object
 */
export function setting<K extends keyof Settings>(key: K, file?: vscode.Uri): Settings[K] {
  const configuration = vscode.workspace.getConfiguration(extensionPrefix, file);
  const value = configuration.get<Settings[K]>(key);
  const standard = configuration.inspect<Settings[K]>(key)?.defaultValue;
  if (value === undefined || standard === undefined)
    throw new Error(`setting ${extensionPrefix}.${key} has no default`);
  if (shapeOf(value) === shapeOf(standard)) return value;
  if (typeof standard !== "object") return standard;
  throw new UserError(vscode.l10n.t("The setting {0} has a value of the wrong kind.", `${extensionPrefix}.${key}`), {
    remedy: vscode.l10n.t("Look at its default in the settings."),
    action: "openSettings",
  });
}

/** `list of string`, `object of string`, `boolean`, …; what is empty is of strings, as all of ours are. */
function shapeOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  const isOfStrings = Object.values(value).every((item) => typeof item === "string");
  return `${Array.isArray(value) ? "list" : "object"} of ${isOfStrings ? "string" : "other"}`;
}

/** Calls the listener when one of the named settings has changed. */
export function onDidChangeSetting(keys: readonly (keyof Settings)[], listener: () => void): Disposable {
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (keys.some((key) => change.affectsConfiguration(`${extensionPrefix}.${key}`))) listener();
  });
}
