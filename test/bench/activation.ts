import { measureActivation } from "../host/measureActivation.ts";
import type { Figure } from "./figure.ts";

/** How long the editor waits for the extension to activate, and for an empty one in the same run. */
export async function benchActivation(vsix: string): Promise<readonly Figure[]> {
  const { extension, empty } = await measureActivation({ vsix });
  if (extension.wasActive) throw new Error("The extension was active before it was measured.");
  return [
    { name: "activation, median of 5", value: extension.medianMs, unit: "ms", limit: 15 },
    { name: "activation of an empty extension", value: empty.medianMs, unit: "ms", limit: Number.POSITIVE_INFINITY },
  ];
}
