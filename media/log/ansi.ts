/** How a piece of text looks. */
export interface Look {
  /** Classes of style/log.css, separated by blanks; empty for plain text. */
  readonly className: string;
  /** CSS colours for what the theme has no variable for: 256 colours and true colour. */
  readonly color?: string;
  readonly background?: string;
}

/** A piece of a line with one look. */
export interface Span extends Look {
  readonly text: string;
}

// oxlint-disable-next-line no-control-regex -- escape sequences are what this file is about
const sgrPattern = /\u001B\[([\d;]*)m/g;

/** The line without its colour codes. */
export function plainText(line: string): string {
  return line.includes("\u001B") ? line.replaceAll(sgrPattern, "") : line;
}

/** Splits a line whose only escape sequences are colours into pieces of one look each. */
export function spansOf(line: string): readonly Span[] {
  const state = new SgrState();
  const spans: Span[] = [];
  const push = (text: string): void => {
    if (text !== "") spans.push({ text, ...state.look() });
  };
  let offset = 0;
  for (const match of line.matchAll(sgrPattern)) {
    push(line.slice(offset, match.index));
    state.read(match[0]);
    offset = match.index + match[0].length;
  }
  push(line.slice(offset));
  return spans;
}

/** Cuts the pieces of a line where `query` is found and marks them; letters match without regard to case. */
export function highlight(spans: readonly Span[], query: string): readonly (Span & { readonly isMatch: boolean })[] {
  const text = spans.map((span) => span.text).join("");
  const ranges = query === "" ? [] : occurrences(text.toLowerCase(), query.toLowerCase());
  const pieces: (Span & { isMatch: boolean })[] = [];
  let offset = 0;
  for (const span of spans) {
    const end = offset + span.text.length;
    const cuts = [offset, ...ranges.flat().filter((cut) => cut > offset && cut < end), end];
    for (let index = 0; index + 1 < cuts.length; index += 1) {
      const [from = offset, to = end] = [cuts[index], cuts[index + 1]];
      const isMatch = ranges.some(([start, stop]) => from >= start && to <= stop);
      pieces.push({ ...span, text: text.slice(from, to), isMatch });
    }
    offset = end;
  }
  return pieces;
}

function occurrences(text: string, query: string): readonly (readonly [start: number, end: number])[] {
  const found: [number, number][] = [];
  for (let start = text.indexOf(query); start >= 0; start = text.indexOf(query, start + query.length))
    found.push([start, start + query.length]);
  return found;
}

/**
 * The colours and styles that are switched on at some point of a text. Read line by line it carries them over line
 * ends, which is why no package does this for us: they parse one text from its beginning, we draw lines of the middle.
 */
export class SgrState {
  readonly #codes = new Map<string, readonly string[]>();

  /** Reads the colour codes in a text. */
  read(text: string): void {
    if (!text.includes("\u001B")) return;
    for (const match of text.matchAll(sgrPattern)) this.#apply((match[1] ?? "").split(";"));
  }

  /** One escape sequence that switches on what is on; empty when nothing is. */
  sequence(): string {
    return this.#codes.size === 0 ? "" : `\u001B[${[...this.#codes.values()].flat().join(";")}m`;
  }

  /** What is on, for the page. */
  look(): Look {
    if (this.#codes.size === 0) return { className: "" };
    const isReversed = this.#codes.has("7");
    const front = paint(this.#codes.get(isReversed ? "bg" : "fg"), isReversed ? "ansi-back-fg" : undefined);
    const back = paint(this.#codes.get(isReversed ? "fg" : "bg"), isReversed ? "ansi-front-bg" : undefined);
    const styles = [...this.#codes.keys()].map((key) => styleClasses[key]);
    return {
      className: [
        front.name && `${front.name}-fg`,
        back.name && `${back.name}-bg`,
        front.preset,
        back.preset,
        ...styles,
      ]
        .filter((name) => name !== undefined)
        .join(" "),
      ...(front.css && { color: front.css }),
      ...(back.css && { background: back.css }),
    };
  }

  clear(): void {
    this.#codes.clear();
  }

  #apply(params: readonly string[]): void {
    for (let index = 0; index < params.length; index += 1) {
      const code = Number(params[index]);
      if (code === 0) this.#codes.clear();
      else if (code === 38 || code === 48) {
        const length = params[index + 1] === "5" ? 3 : 5;
        this.#codes.set(code === 38 ? "fg" : "bg", params.slice(index, index + length));
        index += length - 1;
      } else if (endsOf[code]) for (const key of endsOf[code]) this.#codes.delete(key);
      else {
        const key = keyOf(code);
        if (key) this.#codes.set(key, [String(code)]);
      }
    }
  }
}

const endsOf: Readonly<Record<number, readonly string[]>> = {
  22: ["1", "2"],
  23: ["3"],
  24: ["4"],
  27: ["7"],
  28: ["8"],
  29: ["9"],
  39: ["fg"],
  49: ["bg"],
};

const styleClasses: Readonly<Record<string, string>> = {
  1: "ansi-bold",
  2: "ansi-dim",
  3: "ansi-italic",
  4: "ansi-underline",
  8: "ansi-hidden",
  9: "ansi-strikethrough",
};

const colorNames = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

function keyOf(code: number): string | undefined {
  if (String(code) in styleClasses || code === 7) return String(code);
  if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) return "fg";
  return (code >= 40 && code <= 47) || (code >= 100 && code <= 107) ? "bg" : undefined;
}

/** The class or the CSS colour of a colour's codes; `preset` is the class where no colour is set. */
function paint(
  codes: readonly string[] | undefined,
  preset: string | undefined,
): { readonly name?: string; readonly css?: string; readonly preset?: string } {
  if (!codes) return preset ? { preset } : {};
  const [code = 0, mode, ...rest] = codes.map(Number);
  if (mode === 2) return { css: `rgb(${rest.slice(0, 3).join(", ")})` };
  const index = mode === 5 ? (rest[0] ?? 0) : (code % 10) + (code >= 90 ? 8 : 0);
  if (index >= 16) return { css: paletteColor(index) };
  return { name: `ansi-${index >= 8 ? "bright-" : ""}${colorNames[index % 8]}` };
}

/** Colours 16 to 255 of xterm: a cube of six steps per channel, then 24 greys. */
function paletteColor(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey}, ${grey}, ${grey})`;
  }
  const cube = index - 16;
  return `rgb(${cubeLevel(Math.floor(cube / 36))}, ${cubeLevel(Math.floor(cube / 6) % 6)}, ${cubeLevel(cube % 6)})`;
}

function cubeLevel(step: number): number {
  return step === 0 ? 0 : 55 + step * 40;
}
