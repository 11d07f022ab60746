import { findDesktopFault } from "./desktop.ts";
import { allHosts } from "./hosts.ts";
import { installHosts } from "./install.ts";

/** The kind of VS Code the suite runs in. */
export type Where = "desktop" | "offline";

/** Where the suite can run, and why not elsewhere; or why it cannot, and whether that is a failure. */
export type Place =
  | { readonly where: Where; readonly note?: string }
  | { readonly where?: undefined; readonly fault: string; readonly isFailure: boolean };

/** Decides by VSCODE_HOSTS and by what this machine can do; gets the offline hosts ready when they are the choice. */
export async function choosePlace(): Promise<Place> {
  const wanted = process.env["VSCODE_HOSTS"] || "auto";
  if (wanted !== "desktop" && wanted !== "offline" && wanted !== "auto")
    throw new Error(`VSCODE_HOSTS is desktop, offline or auto, not ${wanted}`);
  // What was asked for by name must run, and a CI must not be green without the suite.
  const isFailure = wanted !== "auto" || Boolean(process.env["CI"]);
  const faults: string[] = [];
  if (wanted !== "offline") {
    const fault = await findDesktopFault(allHosts().map(({ version }) => version));
    if (!fault) return { where: "desktop" };
    faults.push(`desktop VS Code: ${fault}`);
  }
  if (wanted !== "desktop") {
    const fault = await installHosts().then(() => undefined, String);
    if (!fault) return { where: "offline", note: faults[0] };
    faults.push(`offline hosts: ${fault}`);
  }
  return { fault: faults.join("; "), isFailure };
}
