/**
 * What buildx says at its end in plain text (`ERROR: …`, cmd/buildx/main.go), in as many lines as it has: those who
 * refuse something in a cluster explain themselves in several. Undefined when it says nothing.
 */
export function errorText(lines: readonly string[]): string | undefined {
  const first = lines.findLastIndex((line) => line.startsWith(errorPrefix));
  if (first < 0) return undefined;
  const [head = "", ...more] = lines.slice(first);
  const end = more.findIndex((line) => addendum.test(line));
  const told = more.slice(0, end < 0 ? undefined : end).filter((line) => line.trim() !== "" && !isClientNoise(line));
  return [head.slice(errorPrefix.length), ...told.map((line) => line.trimEnd())].join("\n");
}

/** Lines that client-go logs through klog at the end of nearly every build with the kubernetes driver. */
export function isClientNoise(line: string): boolean {
  return /^[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\] /.test(line);
}

const errorPrefix = "ERROR: ";
/** Docker Desktop's link to the build; and with `--debug` the stacks, which begin with process id, version, command. */
const addendum = /^View build details:|^\d+ \S+ .*\b(?:buildkitd|buildx)(?:\.exe)?(?: |$)/;
