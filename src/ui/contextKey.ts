import * as vscode from "vscode";
import type { ContextKeys } from "../contributions.ts";

const current = new Map<string, unknown>();

/** Sets a context key that menus depend on; equal writes cost nothing. */
export function setContextKey<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): void {
  if (current.get(key) === value) return;
  current.set(key, value);
  void vscode.commands.executeCommand("setContext", key, value);
}
