import type { WebviewStrings } from "../src/protocol.ts";
import type { Text } from "./strings.ts";

/** Translations handed over in the page; there is no page in tests, where the English text is what comes out. */
const translations = parseStrings(globalThis.document?.getElementById("root")?.dataset["strings"]);

/** A text of the panel in the user's language, with `{0}`, `{1}`… filled in. */
export function t(text: Text, ...args: readonly (string | number)[]): string {
  return pieces(text)
    .map((piece) => (typeof piece === "number" ? String(args[piece] ?? "") : piece))
    .join("");
}

/** Like {@link t}, with anything that can be drawn in the places of `{0}`, `{1}`… */
export function rich<T>(text: Text, ...args: readonly T[]): readonly (string | T | undefined)[] {
  return pieces(text).map((piece) => (typeof piece === "number" ? args[piece] : piece));
}

/** Splits a text at its placeholders, which become their numbers. */
function pieces(text: Text): readonly (string | number)[] {
  return (translations[text] ?? text)
    .split(/\{(\d)\}/)
    .map((piece, index) => (index % 2 === 1 ? Number(piece) : piece));
}

function parseStrings(json: string | undefined): WebviewStrings {
  if (!json) return {};
  const parsed: unknown = JSON.parse(json);
  return typeof parsed === "object" && parsed !== null ? (parsed as WebviewStrings) : {};
}
