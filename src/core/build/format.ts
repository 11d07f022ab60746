const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * A finished duration with up to three significant digits: `49 ms`, `0.36 s`, `13.4 s`, `2 min 05 s`, `1 h 02 min`.
 * Every text is at most eleven characters long, so that a fixed width holds it.
 */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 0.5) return "<1 ms";
  if (Math.round(ms) < 100) return `${Math.round(ms)} ms`;
  if (ms < 9.995 * second) return `${(ms / second).toFixed(2)} s`;
  return formatRunning(ms);
}

/** A duration that is still growing. Below a minute it has one decimal always, because more would only flicker. */
export function formatRunning(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / second);
  if (seconds < hour / second) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(ms / minute);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A difference with its sign: `+0.9 s`, `−1 min 05 s`. The minus is the typographic one, as wide as the plus. */
export function formatDifference(ms: number): string {
  return `${ms < 0 ? "−" : "+"}${formatRunning(Math.abs(ms))}`;
}

/** A ratio of two durations: `3.5×`, `12×`; empty where it says nothing, because the smaller one is nearly zero. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return "";
  return ratio < 9.95 ? `${ratio.toFixed(1)}×` : `${Math.round(ratio)}×`;
}

/** Bytes in decimal units with three significant digits, as docker prints them: `161 kB`, `4.20 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(Math.round(value)) : threeDigits(value)} ${units[unit] ?? ""}`;
}

function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
