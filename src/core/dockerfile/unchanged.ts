/** First and last line, 1-based. */
export interface Lines {
  readonly line: number;
  readonly lastLine: number;
}

/**
 * Tells where lines of a text are after it was edited: those before the first difference and those behind the last
 * one. What lies between may be something else by now.
 *
 * @returns the new place of lines that stand together; undefined when they are not for sure the same
 */
export function unchangedIn(before: string, after: string): (lines: Lines) => Lines | undefined {
  const [old, now] = [linesOf(before), linesOf(after)];
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const shift = now.length - old.length;
  return ({ line, lastLine }) => {
    if (lastLine <= head) return { line, lastLine };
    return line > old.length - tail ? { line: line + shift, lastLine: lastLine + shift } : undefined;
  };
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/);
}
