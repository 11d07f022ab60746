import process from "node:process";

/** A piece of work shown to whoever waits for it. */
export interface Progress {
  /** How far it is: replaces what was shown before. */
  at(state: string): void;
  /** Ends the line; says how long it took. */
  done(state: string): void;
}

/** Shows one piece of work: a line that is rewritten on a terminal, only its end elsewhere. */
export function showProgress(what: string): Progress {
  const started = performance.now();
  const line = (state: string) => `${what}: ${state} (${((performance.now() - started) / 1000).toFixed(1)} s)`;
  const isTerminal = process.stderr.isTTY;
  if (!isTerminal) process.stderr.write(`${what} …\n`);
  return {
    at(state) {
      if (isTerminal) process.stderr.write(`\r\x1b[K${line(state)}`);
    },
    done(state) {
      process.stderr.write(`${isTerminal ? "\r\x1b[K" : ""}${line(state)}\n`);
    },
  };
}
