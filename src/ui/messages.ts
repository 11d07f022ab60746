import * as vscode from "vscode";

/**
 * Shows an error with buttons. The editor makes links of `[text](target)` in notifications, also such that run
 * commands; names of files, and what programs and servers say, must not become any.
 */
export function showErrorText<T extends string | vscode.MessageItem>(
  text: string,
  ...buttons: readonly T[]
): Thenable<T | undefined> {
  return vscode.window.showErrorMessage(withoutLinks(text), ...(buttons as readonly vscode.MessageItem[])) as Thenable<
    T | undefined
  >;
}

/** The same for good news. */
export function showText(text: string, ...buttons: readonly string[]): Thenable<string | undefined> {
  return vscode.window.showInformationMessage(withoutLinks(text), ...buttons);
}

/** Asks in a dialog whether to do something; true when the button was pressed. */
export async function confirm(question: string, detail: string, button: string): Promise<boolean> {
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, button)) === button;
}

/** A text in which nothing is a link. */
export function withoutLinks(text: string): string {
  return text.replaceAll("](", "]\u200B(");
}

/** A text for where the editor makes icons of `$(name)`: labels of its lists, and the status bar. */
export function withoutIcons(text: string): string {
  return text.replace(/\$\([\w~-]+\)/g, String.raw`\$&`);
}
