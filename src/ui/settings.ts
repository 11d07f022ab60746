import * as vscode from "vscode";
import { extensionPrefix, type Settings } from "../contributions.ts";
import type { Disposable } from "../core/event.ts";

/** The value of one of our settings, for a file where folders can have their own. Machine-level values only take effect from trusted places, see the manifest. */
export function setting<K extends keyof Settings>(key: K, file?: vscode.Uri): Settings[K] {
  const value = vscode.workspace.getConfiguration(extensionPrefix, file).get<Settings[K]>(key);
  if (value === undefined) throw new Error(`setting ${extensionPrefix}.${key} has no default`);
  return value;
}

/** Calls the listener when one of the named settings has changed. */
export function onDidChangeSetting(keys: readonly (keyof Settings)[], listener: () => void): Disposable {
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (keys.some((key) => change.affectsConfiguration(`${extensionPrefix}.${key}`))) listener();
  });
}
