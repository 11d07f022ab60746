import type { Platform } from "../platform.ts";

/** Where a build's result goes. */
export type BuildOutput =
  /** Files in a local folder, one sub-folder per platform when there are several. */
  | { readonly kind: "folder"; readonly path: string }
  /** An image (index) pushed to its registry. */
  | { readonly kind: "push"; readonly reference: string }
  /** Only built, to warm the cache and to measure. */
  | { readonly kind: "none" };

/** Everything that makes one build, as a plain object. Paths are absolute. */
export interface BuildRequest {
  readonly dockerfile: string;
  readonly buildContext: string;
  readonly builder: string;
  readonly platforms: readonly Platform[];
  readonly output: BuildOutput;
  readonly target?: string;
  readonly noCache?: boolean;
}
