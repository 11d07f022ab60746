import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { BuildModel } from "./core/build/model.ts";
import { timingReport } from "./core/build/timingReport.ts";
import { timingTable } from "./core/build/timingTable.ts";
import { messageOf } from "./core/errors.ts";
import { normalizePlatform, type Platform } from "./core/platform.ts";

const usage = `Prints the timings of a recorded build.

Usage: npm run -s timings -- FILE [--platform LIST] [--exit-code N] [--json]

  FILE             what buildx wrote to stderr with --progress=rawjson, plain or gzipped
  --platform LIST  platforms of the request, separated by commas: order of the columns, and
                   the platform of a build for one platform, which its steps do not name
  --exit-code N    how buildx ended; otherwise its last words and the steps tell
  --json           JSON instead of Markdown
  --help           this text

Exit codes: 0 printed, 1 the file cannot be read, 2 wrong arguments.
`;

interface Arguments {
  readonly file: string;
  readonly platforms: readonly Platform[];
  readonly exitCode: number | undefined;
  readonly isJson: boolean;
}

main();

function main(): void {
  let args: Arguments | undefined;
  try {
    args = readArguments();
  } catch (error) {
    fail(2, `${messageOf(error)}\n\n${usage}`);
    return;
  }
  if (!args) {
    process.stdout.write(usage);
    return;
  }
  try {
    process.stdout.write(report(args, readRecording(args.file)));
  } catch (error) {
    fail(1, `Cannot read the recording: ${messageOf(error)}\n`);
  }
}

/** @returns undefined when help is asked for */
function readArguments(): Arguments | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      platform: { type: "string", default: "" },
      "exit-code": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new Error("Give one file.");
  return {
    file,
    platforms: values.platform.split(",").filter(Boolean).map(readPlatform),
    exitCode: values["exit-code"] === undefined ? undefined : readExitCode(values["exit-code"]),
    isJson: values.json,
  };
}

function readPlatform(text: string): Platform {
  const platform = normalizePlatform(text);
  if (platform === undefined) throw new Error(`"${text}" is no platform; write it like linux/arm64.`);
  return platform;
}

function readExitCode(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new Error(`"${text}" is no exit code.`);
  return Number(text);
}

/** Lines of a recording. A relative path is looked up where npm was called (it runs scripts in the package's folder). */
function readRecording(file: string): readonly string[] {
  const paths = [process.env["INIT_CWD"] ?? "", ""].map((folder) => path.resolve(folder, file));
  const bytes = readFileSync(paths.find((candidate) => existsSync(candidate)) ?? file);
  const isGzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = (isGzipped ? gunzipSync(bytes) : bytes).toString("utf8");
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}

function report({ platforms, exitCode, isJson }: Arguments, lines: readonly string[]): string {
  const model = new BuildModel({ platforms });
  for (const line of lines) model.apply(line);
  model.end({ exitCode });
  if (isJson) return `${JSON.stringify(timingReport(model), undefined, 2)}\n`;
  return timingTable({
    lanes: model.lanes(),
    rows: model.rows(),
    shared: model.shared(),
    head: { state: model.state, failure: model.failure() },
  });
}

function fail(exitCode: number, message: string): void {
  process.stderr.write(message);
  process.exitCode = exitCode;
}
