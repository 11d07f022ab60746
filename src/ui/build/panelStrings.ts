import * as vscode from "vscode";
import type { WebviewStrings } from "../../protocol.ts";
import { strings } from "../../../media/strings.ts";

/** The panel's texts in the user's language. */
export function panelStrings(): WebviewStrings {
  return Object.fromEntries(strings.map((text) => [text, vscode.l10n.t(text)]));
}
