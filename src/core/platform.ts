/**
 * A platform as container tools write it: `os/arch[/variant]`, for example `linux/arm64` or `linux/arm/v7`.
 * Always in normal form (see {@link normalizePlatform}), so that two equal platforms are equal strings.
 */
export type Platform = string;

/**
 * Brings a platform to its normal form, by the rules of containerd's `platforms.Normalize`: lower case, usual aliases
 * of the architecture (`x86_64`, `aarch64`, …), and no variant where it is the architecture's default.
 *
 * @returns undefined when the text is no platform
 */
export function normalizePlatform(text: string): Platform | undefined {
  const match = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9.]+))?$/.exec(text.trim().toLowerCase());
  if (!match?.[1] || !match[2]) return undefined;
  const [arch, impliedVariant] = architectureAliases[match[2]] ?? [match[2], undefined];
  const variant = match[3] ?? impliedVariant;
  const isDefault = variant === undefined || defaultVariants.has(`${arch}/${variant}`);
  return isDefault ? `${match[1]}/${arch}` : `${match[1]}/${arch}/${variant.replace(/^(\d)$/, "v$1")}`;
}

const architectureAliases: Readonly<Record<string, readonly [arch: string, variant?: string]>> = {
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  i386: ["386"],
  aarch64: ["arm64"],
  arm: ["arm", "v7"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v6"],
};
const defaultVariants = new Set(["amd64/v1", "arm64/v8", "arm64/8"]);

/** True for a platform that BuildKit can build for, natively or by emulation. */
export function isKnownPlatform(text: string): boolean {
  const platform = normalizePlatform(text);
  return platform !== undefined && knownPlatforms.has(platform);
}

/** Those of BuildKit's `util/archutil`, and what has no emulator there but is built on machines of its own. */
const knownPlatforms = new Set([
  "linux/amd64",
  "linux/amd64/v2",
  "linux/amd64/v3",
  "linux/amd64/v4",
  "linux/386",
  "linux/arm64",
  "linux/arm/v7",
  "linux/arm/v6",
  "linux/arm/v5",
  "linux/loong64",
  "linux/mips64",
  "linux/mips64le",
  "linux/ppc64le",
  "linux/riscv64",
  "linux/s390x",
  "windows/amd64",
  "windows/arm64",
  "darwin/amd64",
  "darwin/arm64",
  "freebsd/amd64",
  "freebsd/arm64",
]);

/** The architecture of a platform: `arm64` of `linux/arm64`. */
export function architectureOf(platform: Platform): string {
  return platform.split("/")[1] ?? "";
}

/** Names for narrow places: without the system where it is the same for all, `arm64` for `linux/arm64`. */
export function shortNames(platforms: readonly Platform[]): readonly string[] {
  const systems = new Set(platforms.map((platform) => platform.split("/")[0]));
  return systems.size > 1 ? platforms : platforms.map((platform) => platform.slice(platform.indexOf("/") + 1));
}
