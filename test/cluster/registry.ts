import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { LabError } from "./labError.ts";
import { blobPath, readIndex, readManifest } from "./ociLayout.ts";
import type { Descriptor } from "./ociLayout.ts";
import { labRegistry, packageDir, runDir } from "./paths.ts";
import type { LabProcess } from "./processes.ts";

// As all releases of the registry so far lay it out, from 2.0 on.
const storage = join(runDir, "registry", "docker", "registry", "v2");
const registryUrl = `http://${labRegistry}/v2`;

export function registryProcess(configPath: string): LabProcess {
  const file = join(packageDir, "docker-registry/usr/bin/docker-registry");
  return { name: "registry", file, args: ["serve", configPath] };
}

export function registryConfig(): string {
  return stringify({
    version: 0.1,
    log: { level: "warn" },
    storage: { filesystem: { rootdirectory: join(runDir, "registry") }, delete: { enabled: true } },
    http: { addr: labRegistry },
  });
}

export async function isRegistryUp(): Promise<boolean> {
  try {
    return (await fetch(`${registryUrl}/`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false; // refused, as long as it starts
  }
}

/**
 * Puts the one image of a layout into the storage of the registry, before it starts. Pushing the toolchain would take
 * seconds of every `up`; blobs have the same content here and there and are never changed, so links do.
 */
export function storeImage(layout: string, repository: string, tag: string): void {
  const [image] = readIndex(join(layout, "index.json")).manifests;
  if (image === undefined) {
    throw new LabError(`${layout} has no image; remove it, and the next \`up\` makes it again.`);
  }
  const manifests = readIndex(blobPath(layout, image.digest)).manifests;
  const blobs = manifests.flatMap(({ digest }) => {
    const { config, layers } = readManifest(blobPath(layout, digest));
    return [config, ...layers];
  });
  for (const { digest } of [image, ...manifests, ...blobs]) {
    storeBlob(layout, digest);
  }
  for (const { digest } of blobs) {
    writeLink(join(repository, "_layers"), digest);
  }
  for (const { digest } of [image, ...manifests]) {
    writeLink(join(repository, "_manifests", "revisions"), digest);
  }
  const tagDir = join(repository, "_manifests", "tags", tag);
  writeLink(join(tagDir, "index"), image.digest);
  writeLinkFile(join(tagDir, "current"), image.digest);
}

/** The platforms of an image in the registry, without attestations (`unknown/unknown`). */
export async function readPlatforms(repository: string, tagOrDigest: string): Promise<string[]> {
  const url = `${registryUrl}/${repository}/manifests/${tagOrDigest}`;
  const response = await fetch(url, { headers: { accept: "application/vnd.oci.image.index.v1+json" } });
  if (!response.ok) {
    throw new LabError(`The registry answered ${response.status} for ${url}: ${await response.text()}`);
  }
  const { manifests = [] } = (await response.json()) as { manifests?: Descriptor[] };
  return manifests.flatMap(({ platform }) =>
    platform && platform.os !== "unknown" ? [`${platform.os}/${platform.architecture}`] : [],
  );
}

function storeBlob(layout: string, digest: string): void {
  const [algorithm = "", hash = ""] = digest.split(":");
  const dir = join(storage, "blobs", algorithm, hash.slice(0, 2), hash);
  mkdirSync(dir, { recursive: true });
  linkSync(blobPath(layout, digest), join(dir, "data"));
}

function writeLink(dir: string, digest: string): void {
  writeLinkFile(join(dir, ...digest.split(":")), digest);
}

/** What the registry calls a link is a file with a digest. */
function writeLinkFile(dir: string, digest: string): void {
  mkdirSync(join(storage, "repositories", dir), { recursive: true });
  writeFileSync(join(storage, "repositories", dir, "link"), digest);
}
