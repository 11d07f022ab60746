import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { heldMiB } from "../memory.ts";
import { BuildModel } from "../../src/core/build/model.ts";
import { inTurn, median, type Figure } from "./figure.ts";

const recording = path.join(import.meta.dirname, "../fixtures/recordings/buildx-0.29.1/g-biglog-unlimited.rawjson.gz");
const rounds = 15;

/**
 * A flood of output, 116,120 lines: the time of reading it into the model, against a bare `JSON.parse` of the same lines
 * (medians of alternating rounds), and the most memory that the model holds meanwhile.
 */
export async function benchModel(): Promise<readonly Figure[]> {
  const lines = gunzipSync(readFileSync(recording)).toString("utf8").trimEnd().split("\n");
  const { ours, bare } = await inTurn(
    rounds,
    async () => applyAll(lines),
    async () => parseAll(lines),
  );
  const value = median(ours);
  return [
    { name: "flood into the model, by JSON.parse", value, unit: "ms", limit: 1.5, ratio: value / median(bare) },
    { name: "heap held in a flood", value: mostHeldMiB(lines), unit: "MiB", limit: 64 },
  ];
}

function parseAll(lines: readonly string[]): void {
  for (const line of lines) if (line.startsWith("{")) JSON.parse(line);
}

function applyAll(lines: readonly string[]): void {
  const model = new BuildModel({ platforms: ["linux/amd64", "linux/arm64"] });
  for (const line of lines) model.apply(line);
  model.end({ exitCode: 0 });
}

/** The most that is held besides the lines. */
function mostHeldMiB(lines: readonly string[]): number {
  const before = heldMiB();
  const model = new BuildModel({ platforms: ["linux/amd64", "linux/arm64"] });
  let most = before;
  for (const [at, line] of lines.entries()) {
    model.apply(line);
    if (at % 10_000 === 0) most = Math.max(most, heldMiB());
  }
  model.end({ exitCode: 0 });
  return Math.max(most, heldMiB()) - before;
}
