import type { BuildSnapshot, BuildUpdate } from "./core/build/snapshot.ts";

/** A piece of a step's log, already decoded. */
export interface LogChunk {
  readonly stepId: string;
  /** False: `text` follows what was sent before. True: it replaces it. */
  readonly reset: boolean;
  /** Text as printed, with ANSI codes and carriage returns. */
  readonly text: string;
  /** Bytes that were dropped from the beginning because the log is longer than what is kept. */
  readonly droppedBytes: number;
}

/** Messages from the extension to the build panel. */
export type ToWebview =
  /** Answer to `ready`, and sent again whenever the panel is shown: everything there is. `nowMs` is the host's clock. */
  | { readonly type: "snapshot"; readonly nowMs: number; readonly build: BuildSnapshot }
  | { readonly type: "update"; readonly nowMs: number; readonly update: BuildUpdate }
  | { readonly type: "log"; readonly chunks: readonly LogChunk[] };

/** Messages from the build panel to the extension. */
export type FromWebview =
  | { readonly type: "ready" }
  /** The steps whose logs are shown; logs of others are not sent. */
  | { readonly type: "watchLogs"; readonly stepIds: readonly string[] }
  | { readonly type: "cancel" }
  | { readonly type: "buildAgain"; readonly noCache?: boolean }
  /** Asks anew how that Dockerfile is to be built. */
  | { readonly type: "buildAnew" }
  /** The log's height was set, in CSS pixels, for the panels to come; absent: back to its own. */
  | { readonly type: "logHeight"; readonly px?: number }
  /** Opens the Dockerfile, at a 1-based line where one is given. */
  | { readonly type: "openDockerfile"; readonly line?: number }
  /** Opens the step's whole log as a text document. */
  | { readonly type: "openLog"; readonly stepId: string }
  /** Opens the build's whole output (every step, and buildx's own text). */
  | { readonly type: "openOutput" }
  /** Reveals the output folder. */
  | { readonly type: "openResult" }
  /** Copies the timing table as Markdown. */
  | { readonly type: "copyTable" }
  /** Copies the reference of what was pushed, with its digest. */
  | { readonly type: "copyReference" };

/**
 * Strings of the panel, translated by the extension and handed over once in the page.
 * Keys are the English texts; values are the translations.
 */
export type WebviewStrings = Readonly<Record<string, string>>;
