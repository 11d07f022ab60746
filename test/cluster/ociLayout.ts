import { execa } from "execa";
import { createHash, randomUUID } from "node:crypto";
import { createWriteStream, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Architecture } from "./nodes.ts";

const ociTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageIndex {
  readonly manifests: readonly Descriptor[];
}

export interface ImageManifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** One platform of an image: a root file system as the only layer. */
export interface ImagePlatform {
  readonly architecture: Architecture;
  readonly rootDir: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Image {
  /** The full name that containerd gives it at import. */
  readonly name: string;
  readonly platforms: readonly ImagePlatform[];
}

/** Writes images as an OCI image layout (a folder of blobs) that containerd can import and a registry take. */
export async function writeLayout(dir: string, images: readonly Image[], isCompressed: boolean): Promise<void> {
  mkdirSync(join(dir, "blobs", "sha256"), { recursive: true });
  const indexes: Descriptor[] = [];
  for (const { name, platforms } of images) {
    const manifests: Descriptor[] = [];
    for (const platform of platforms) {
      manifests.push(await writeManifest(dir, platform, isCompressed));
    }
    const index = { schemaVersion: 2, mediaType: ociTypes.index, manifests };
    indexes.push({ ...writeJson(dir, ociTypes.index, index), annotations: { "io.containerd.image.name": name } });
  }
  writeFileSync(join(dir, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(dir, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: indexes }));
}

export function blobPath(dir: string, digest: string): string {
  return join(dir, "blobs", ...digest.split(":"));
}

export function readIndex(path: string): ImageIndex {
  return JSON.parse(readFileSync(path, "utf8")) as ImageIndex;
}

export function readManifest(path: string): ImageManifest {
  return JSON.parse(readFileSync(path, "utf8")) as ImageManifest;
}

async function writeManifest(dir: string, platform: ImagePlatform, isCompressed: boolean): Promise<Descriptor> {
  const { architecture, rootDir, config } = platform;
  const layer = await writeLayer(dir, rootDir, isCompressed);
  const os = "linux";
  const configDescriptor = writeJson(dir, ociTypes.config, {
    architecture,
    os,
    config,
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
    history: [{ created_by: "multiarch-lab" }],
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: ociTypes.manifest,
    config: configDescriptor,
    layers: [layer.descriptor],
  };
  return { ...writeJson(dir, ociTypes.manifest, manifest), platform: { os, architecture } };
}

/** The same files give the same bytes: order, owners and times are fixed. */
async function writeLayer(dir: string, rootDir: string, isCompressed: boolean) {
  const order = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
  const tar = execa("tar", [...order, "-C", rootDir, "-c", "."], { buffer: false, encoding: "buffer" });
  const unpacked = new HashingStream();
  const packed = new HashingStream();
  const draft = join(dir, `layer-${randomUUID()}`);
  const gzip = isCompressed ? createGzip() : new PassThrough();
  await Promise.all([tar, pipeline(tar.stdout, unpacked, gzip, packed, createWriteStream(draft))]);
  const digest = packed.digest();
  renameSync(draft, blobPath(dir, digest));
  const mediaType = isCompressed ? `${ociTypes.layer}+gzip` : ociTypes.layer;
  return { descriptor: { mediaType, digest, size: packed.size }, diffId: unpacked.digest() };
}

function writeJson(dir: string, mediaType: string, value: unknown): Descriptor {
  const text = JSON.stringify(value);
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  writeFileSync(blobPath(dir, digest), text);
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

/** Passes bytes on and takes their digest and number. */
class HashingStream extends Transform {
  readonly #hash = createHash("sha256");
  size = 0;

  digest(): string {
    return `sha256:${this.#hash.copy().digest("hex")}`;
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
    done(null, chunk);
  }
}

/** The layout as one file, for `ctr images import`. */
export async function archiveLayout(dir: string, archive: string): Promise<void> {
  await execa("tar", ["-C", dir, "-cf", archive, "."]);
  rmSync(dir, { recursive: true });
}
