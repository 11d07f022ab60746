import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { readRecording } from "./recorded.ts";

const root = path.join(import.meta.dirname, "../..");
const out = path.join(root, "out/preview/site");

/** The panel on a web page of its own, with a stand-in for VS Code around it. */
export interface PreviewServer {
  readonly origin: string;
  close(): void;
}

/** Bundles the panel as it is now and serves it on the loopback interface; port 0 takes any free one. */
export async function startPreview(port: number): Promise<PreviewServer> {
  await bundle();
  const server = createServer((request, response) => {
    readPage(new URL(request.url ?? "/", "http://localhost")).then(
      ({ type, body }) =>
        response.writeHead(200, { "content-type": type, "content-security-policy": policy }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("The preview has no address.");
  return { origin: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

/** The panel's own policy (see src/ui/build/buildPanel.ts), so that a violation shows here too. */
const policy =
  "default-src 'none'; script-src 'nonce-preview'; style-src 'self'; font-src 'self'; img-src 'self' data:";

const page = (recorded: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Build panel</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/page-style.css">
    <link rel="stylesheet" href="/webview.css">
  </head>
  <body>
    <div id="root"></div>
    ${recorded}
    <script nonce="preview" src="/page.js"></script>
    <script nonce="preview" src="/webview.js"></script>
  </body>
</html>`;

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".js": "text/javascript",
  ".ttf": "font/ttf",
};

async function readPage({
  pathname,
  search,
  searchParams,
}: URL): Promise<{ readonly type: string; readonly body: Buffer | string }> {
  const recording = searchParams.get("recording");
  if (pathname === "/") {
    const script = recording ? `<script nonce="preview" src="/recorded.js${search.replaceAll('"', "")}"></script>` : "";
    return { type: "text/html", body: page(script) };
  }
  if (pathname === "/recorded.js") {
    const recorded = readRecording(recording ?? "", Number(searchParams.get("part") ?? 1));
    return { type: "text/javascript", body: `window.recorded = ${JSON.stringify(recorded)};` };
  }
  const file = path.basename(pathname);
  return { type: types[path.extname(file)] ?? "application/octet-stream", body: await readFile(path.join(out, file)) };
}

async function bundle(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { webview: "media/main.tsx", page: "test/preview/page.ts", "page-style": "test/preview/page.css" },
    bundle: true,
    format: "iife",
    target: "chrome138",
    outdir: out,
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
    logLevel: "warning",
  });
}
