import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { LabError } from "./labError.ts";
import { blobPath, readIndex, readManifest } from "./ociLayout.ts";
import type { Descriptor } from "./ociLayout.ts";
import { labRegistry, packageDir, runDir } from "./paths.ts";
import type { LabProcess } from "./processes.ts";

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

/** Pushes the one image of a layout. Blobs by a plain upload: on this machine, nothing is gained by chunks. */
export async function pushLayout(layout: string, repository: string, tag: string): Promise<void> {
  const [image] = readIndex(join(layout, "index.json")).manifests;
  if (image === undefined) {
    throw new LabError(`${layout} has no image; remove it, and the next \`up\` makes it again.`);
  }
  for (const manifest of readIndex(blobPath(layout, image.digest)).manifests) {
    const { config, layers } = readManifest(blobPath(layout, manifest.digest));
    for (const blob of [config, ...layers]) {
      await pushBlob(layout, repository, blob);
    }
    await pushManifest(layout, repository, manifest, manifest.digest);
  }
  await pushManifest(layout, repository, image, tag);
}

/** The platforms of an image in the registry, without attestations (`unknown/unknown`). */
export async function readPlatforms(repository: string, tag: string): Promise<string[]> {
  const url = `${registryUrl}/${repository}/manifests/${tag}`;
  const response = await expectOk(fetch(url, { headers: { accept: "application/vnd.oci.image.index.v1+json" } }), url);
  const { manifests = [] } = (await response.json()) as { manifests?: Descriptor[] };
  return manifests.flatMap(({ platform }) =>
    platform && platform.os !== "unknown" ? [`${platform.os}/${platform.architecture}`] : [],
  );
}

async function pushBlob(layout: string, repository: string, { digest }: Descriptor): Promise<void> {
  const url = `${registryUrl}/${repository}/blobs/uploads/`;
  const upload = await expectOk(fetch(url, { method: "POST" }), url);
  const target = new URL(upload.headers.get("location") ?? "", url);
  target.searchParams.set("digest", digest);
  const headers = { "content-type": "application/octet-stream" };
  await expectOk(fetch(target, { method: "PUT", headers, body: readFileSync(blobPath(layout, digest)) }), url);
}

async function pushManifest(layout: string, repository: string, { digest, mediaType }: Descriptor, reference: string) {
  const url = `${registryUrl}/${repository}/manifests/${reference}`;
  const headers = { "content-type": mediaType };
  await expectOk(fetch(url, { method: "PUT", headers, body: readFileSync(blobPath(layout, digest)) }), url);
}

async function expectOk(request: Promise<Response>, url: string): Promise<Response> {
  const response = await request;
  if (!response.ok) {
    throw new LabError(`The registry answered ${response.status} for ${url}: ${await response.text()}`);
  }
  return response;
}
