import type { FromWebview } from "../src/protocol.ts";

/** The extension as this page sees it; VS Code hands it out once per page. */
export interface Host {
  postMessage(message: FromWebview): void;
  /** What {@link setState} was last given, also after the page was thrown away and loaded again. */
  getState(): unknown;
  setState(state: unknown): void;
}

declare global {
  /** Provided by VS Code in every webview. */
  function acquireVsCodeApi(): Host;
}
