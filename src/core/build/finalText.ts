import { errorText } from "../buildx/errorText.ts";

/** What buildx says at its end, in plain text on stderr behind the progress messages. */
export interface FinalText {
  /** The last `ERROR:` without its wrapping. */
  readonly message?: string;
  /** File (base name) and 1-based line of the source block, where BuildKit prints one. */
  readonly file?: string;
  readonly line?: number;
}

/**
 * Reads the end of buildx's plain text: a source block (`FILE:LINE`, a rule, lines marked `>>>`, a rule) and
 * `ERROR: …`. Written by https://github.com/docker/buildx/blob/v0.38.2/cmd/buildx/main.go and BuildKit's
 * solver/errdefs/source.go.
 */
export function readFinalText(lines: readonly string[]): FinalText {
  const error = errorText(lines);
  return { message: error === undefined ? undefined : unwrap(error), ...sourceOf(lines) };
}

function unwrap(message: string): string {
  return message.replace(/^failed to build: /, "").replace(/^(?:target \S+: )?failed to solve: /, "");
}

function sourceOf(lines: readonly string[]): Pick<FinalText, "file" | "line"> {
  for (const [at, line] of lines.entries()) {
    const match = /^(.+):(\d+)$/.exec(line);
    if (match?.[1] && lines[at + 1] === "-".repeat(20)) {
      return { file: match[1].split(/[\\/]/).pop(), line: Number(match[2]) };
    }
  }
  return {};
}
