const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a Kubernetes quantity stands for (`500m` is 0.5, `1Gi` is 1073741824); undefined for no quantity. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(text.trim());
  if (!match) return undefined;
  const number = Number(`${match[1]}${match[2] ?? ""}`);
  return number * (factors[match[3] ?? ""] ?? 1);
}

/** Cores of a CPU quantity; 0 for none. */
export function coresOf(quantity: string | undefined): number {
  return parseQuantity(quantity ?? "") ?? 0;
}

/** Bytes of a memory quantity; 0 for none. */
export function bytesOf(quantity: string | undefined): number {
  return Math.round(parseQuantity(quantity ?? "") ?? 0);
}
