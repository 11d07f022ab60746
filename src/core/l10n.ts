/** Translates one message; `{0}`, `{1}` … stand for the arguments. Structurally `vscode.l10n.t`. */
export type Translate = (message: string, ...args: (string | number)[]) => string;

let translate: Translate = (message, ...args) =>
  message.replace(/\{(\d+)\}/g, (placeholder, index: string) => String(args[Number(index)] ?? placeholder));

/** Hands the editor's translation to core, which cannot import it. Called once, by the composition root. */
export function setTranslate(function_: Translate): void {
  translate = function_;
}

/** The message in the user's language, with its arguments in place. English when no translation is there. */
export function t(message: string, ...args: (string | number)[]): string {
  return translate(message, ...args);
}
