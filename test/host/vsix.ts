import path from "node:path";
import type { Host } from "./hosts.ts";
import { runServerCommand } from "./server.ts";

/** Installs a packaged extension as a user would, for servers that are started on the same `dataDir`. */
export async function installVsix(host: Host, dataDir: string, vsix: string): Promise<void> {
  const output = await runServerCommand(host, dataDir, ["--install-extension", path.resolve(vsix), "--force"]);
  // The command also ends well after some refusals.
  if (!output.includes("was successfully installed"))
    throw new Error(`VS Code did not install ${vsix}:\n${output.slice(-3000)}`);
}
