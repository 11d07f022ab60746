/** What a {@link UserError} offers as a next step; `ui` turns it into a button. */
export type ErrorAction =
  "openSettings" | "showLog" | "installBuildx" | "createBuilder" | "openKubeconfig" | "manageTrust" | "refresh";

/**
 * An expected failure, told in the user's words. Everything else that is thrown is a bug of this extension.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  /** What to do next, as a full sentence. */
  readonly remedy: string | undefined;
  readonly action: ErrorAction | undefined;

  constructor(
    /** What failed and why, as a full sentence. */
    what: string,
    options: { readonly remedy?: string; readonly action?: ErrorAction; readonly cause?: unknown } = {},
  ) {
    super(what, { cause: options.cause });
    this.remedy = options.remedy;
    this.action = options.action;
  }
}

/** Something that is not as it should be, as a state. */
export interface Trouble {
  /** What is wrong, as a sentence. */
  readonly reason: string;
  /** What people can do about it, as a sentence; absent when it is only to be waited for. */
  readonly remedy?: string;
  /** The next step that the editor can take for them. */
  readonly action?: ErrorAction;
}

/** An error as a state. */
export function troubleOf(error: unknown): Trouble {
  const { remedy, action } = error instanceof UserError ? error : {};
  return { reason: messageOf(error), ...(remedy !== undefined && { remedy }), ...(action && { action }) };
}

/** True for what an aborted operation throws. Cancellation is not an error and is never shown as one. */
export function isAbort(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === "AbortError" || ("isCanceled" in error && error.isCanceled === true))
  );
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
