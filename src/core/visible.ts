/** Characters that make text read in another order than it stands: explicit embeddings, overrides and isolates. */
const reordering = /[\u202A-\u202E\u2066-\u2069]/g;

/**
 * The text with characters that reorder it made visible, as editors show them: `[U+202E]`. Text of a Dockerfile or a
 * log must not be able to look like another one.
 */
export function visible(text: string): string {
  return text.replace(reordering, (one) => `[U+${one.charCodeAt(0).toString(16).toUpperCase()}]`);
}
