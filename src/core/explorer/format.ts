import { t } from "../l10n.ts";

/** A length of time as people say it: `<1 min`, `12 min`, `5 h`, `3 d`. Rows are not drawn anew each second. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t("<1 min");
  if (seconds < 3600) return t("{0} min", Math.floor(seconds / 60));
  if (seconds < 86_400) return t("{0} h", Math.floor(seconds / 3600));
  return t("{0} d", Math.floor(seconds / 86_400));
}

/** An amount of memory in binary units: `31 GiB`, `512 MiB`. */
export function memory(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? t("{0} GiB", rounded(gib)) : t("{0} MiB", Math.round(bytes / 2 ** 20));
}

/** An amount of CPU in cores: `8 CPU`, `0.5 CPU`. */
export function cpu(cores: number): string {
  return t("{0} CPU", rounded(cores));
}

/** Joins the parts that are there with a middle dot. */
export function dotted(...parts: readonly (string | undefined | false)[]): string {
  return parts.filter(Boolean).join(" · ");
}

/** Orders entries by their names. Not by a language's rules, which take a fiftieth of a second to load. */
export function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : Number(a > b);
}

function rounded(value: number): string {
  return value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}
