/** A piece of work shown to whoever waits for it. */
export interface Progress {
  /** How far it is: replaces what was shown before. */
  at(state: string): void;
  /** Ends the line; says how long it took. */
  done(state: string): void;
}

const clearLine = "\r\x1b[K";

/** Shows one piece of work: one line that keeps up with the time on a terminal, its start and its end elsewhere. */
export function showProgress(what: string): Progress {
  const started = performance.now();
  const { stderr } = process;
  let current = "";
  const line = () => `${what}: ${current} (${((performance.now() - started) / 1000).toFixed(1)} s)`;
  const draw = () => stderr.write(`${clearLine}${line()}`);
  if (!stderr.isTTY) stderr.write(`${what} …\n`);
  // Unreferenced: work that fails leaves its line behind, but keeps nobody waiting.
  const timer = stderr.isTTY ? setInterval(draw, 500).unref() : undefined;
  return {
    at(state) {
      current = state;
      if (timer) draw();
    },
    done(state) {
      clearInterval(timer);
      current = state;
      stderr.write(`${timer ? clearLine : ""}${line()}\n`);
    },
  };
}
