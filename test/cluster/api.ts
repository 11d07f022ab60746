import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { text } from "node:stream/consumers";
import { authorityPath, tokenPath } from "./keys.ts";
import { ports } from "./paths.ts";

/**
 * What the API server answers to a GET, or undefined if it does not, or not with 200. In here since `up` asks often: a
 * kubectl for each question would take one of two cores.
 */
export async function readFromApi(path: string): Promise<string | undefined> {
  try {
    const request = get({
      host: "127.0.0.1",
      port: ports.api,
      path,
      ca: readFileSync(authorityPath),
      headers: { authorization: `Bearer ${readFileSync(tokenPath("admin"), "utf8")}` },
      signal: AbortSignal.timeout(5000),
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const body = await text(response);
    return response.statusCode === 200 ? body : undefined;
  } catch {
    return undefined; // refused as long as it starts, or no keys yet
  }
}

export async function isInApi(path: string): Promise<boolean> {
  return (await readFromApi(path)) !== undefined;
}
