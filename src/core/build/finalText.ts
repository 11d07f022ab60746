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
  const error = lines.findLast((line) => line.startsWith(errorPrefix));
  return { message: error === undefined ? undefined : unwrap(error.slice(errorPrefix.length)), ...sourceOf(lines) };
}

/** Lines that client-go logs through klog at the end of nearly every build with the kubernetes driver. */
export function isClientNoise(line: string): boolean {
  return /^[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\] /.test(line);
}

const errorPrefix = "ERROR: ";

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
