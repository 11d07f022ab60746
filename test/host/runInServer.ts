#!/usr/bin/env node
// Poses as the executable of VS Code: the command line is a part of the real one, so
// `@vscode/test-electron` can be told to run it as `vscodeExecutablePath`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { runTestModule, type HostEnd } from "./automation.ts";
import { launchBrowser } from "./browser.ts";
import { findHost } from "./hosts.ts";
import { endWithParent, scratchDir } from "./owned.ts";
import { startServer } from "./server.ts";
import { findFault, readSuiteResult } from "./suiteResult.ts";

const { values, positionals } = parseArgs({
  strict: false, // The desktop's other options mean nothing here.
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: "string", multiple: true, default: [] },
    extensionTestsPath: { type: "string", default: "" },
    "host-version": { type: "string", default: "newest" },
    "timeout-seconds": { type: "string", default: "180" },
    artifacts: { type: "string" },
  },
});
const text = (value: unknown) => (typeof value === "string" ? value : "");
const extensionPaths = [values.extensionDevelopmentPath ?? []].flat().map(text);
const folder = positionals[0] ?? "";
// VS Code takes the module with or without its extension.
const testsPath = text(values.extensionTestsPath);
const module = [testsPath, `${testsPath}.js`, `${testsPath}.cjs`].find((file) => file && existsSync(file)) ?? testsPath;
for (const file of [folder, module, ...extensionPaths])
  if (!file || !existsSync(file))
    throw new Error(`A folder, --extensionTestsPath or --extensionDevelopmentPath is missing: «${file}»`);

endWithParent(() => process.exit(1));
const scratch = scratchDir("multiarch-suite-");
const resultFile = process.env["EXT_TEST_RESULT"] ?? path.join(scratch.path, "result.json");
const outputFile = process.env["EXT_TEST_OUTPUT"] ?? path.join(scratch.path, "output.txt");
const log: string[] = [];
const end = await runSuite();
const fault = findFault(readSuiteResult(resultFile), end.code, end.reason);
// What mocha printed; without it the errors of the host are all there is to explain a failure.
if (existsSync(outputFile)) process.stdout.write(readFileSync(outputFile));
if (fault) {
  if (!existsSync(outputFile)) console.error(log.filter(isTelling).slice(-15).join("\n"));
  console.error(`VS Code host: ${fault}`);
}
scratch.remove();
process.exitCode = fault ? end.code || 3 : 0;

async function runSuite(): Promise<HostEnd> {
  const server = await startServer({
    host: findHost(text(values["host-version"])),
    driver: true,
    env: { EXT_TEST_RESULT: resultFile, EXT_TEST_OUTPUT: outputFile },
  });
  try {
    const browser = await launchBrowser();
    try {
      const hostEnd = await runTestModule(server, browser.page, {
        file: module,
        folder,
        extensionDevelopmentPaths: extensionPaths,
        timeoutMs: Number(values["timeout-seconds"]) * 1000,
        onLog: (line) => log.push(line),
      });
      if (values.artifacts) {
        const artifacts = text(values.artifacts);
        keepLogs(artifacts, hostEnd, server.output());
        if (hostEnd.code !== 0) await browser.page.screenshot({ path: path.join(artifacts, "failure.png") });
      }
      return hostEnd;
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
}

/** Errors, but those of every offline host: no internet, and native modules that are only for logs and watchdogs. */
function isTelling(line: string): boolean {
  return (
    line.startsWith("[error]") && !/ENOTFOUND|Service ?Worker|watchdog|bindings file|remote-connection/i.test(line)
  );
}

function keepLogs(artifacts: string, hostEnd: HostEnd, serverOutput: string): void {
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(path.join(artifacts, "workbench.log"), log.join("\n"));
  writeFileSync(path.join(artifacts, "server.log"), serverOutput);
  for (const { relativePath, contents } of hostEnd.logs)
    writeFileSync(path.join(artifacts, relativePath.replaceAll("/", "_")), contents);
}
