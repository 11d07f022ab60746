import { stat } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { labBlockers } from "../cluster/blockers.ts";
import { isWithinLimit, type Figure } from "./figure.ts";
import { benchActivation } from "./activation.ts";
import { benchLab } from "./lab.ts";
import { benchModel } from "./model.ts";
import { benchScale } from "./scale.ts";

// `npm run bench [-- NAME…] [--json]`: prints the figures that the project promises, and fails when one is over its bar.

const vsix = path.join(import.meta.dirname, "../../out/multi-arch-builds.vsix");

const benches: Readonly<Record<string, () => readonly Figure[] | Promise<readonly Figure[]>>> = {
  model: benchModel,
  scale: benchScale,
  size: async () => [{ name: "VSIX", value: (await stat(vsix)).size / 2 ** 20, unit: "MiB", limit: 1 }],
  activation: () => benchActivation(vsix),
  lab: async () => {
    const blockers = labBlockers();
    if (blockers.length > 0) throw new Error(`The cluster cannot run here:\n${blockers.join("\n")}`);
    return benchLab();
  },
};

const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`No such bench: ${unknown.join(", ")}. There are: ${Object.keys(benches).join(", ")}.`);
  process.exit(2);
}

const figures: Figure[] = [];
for (const [name, bench] of Object.entries(benches))
  if (positionals.length === 0 || positionals.includes(name)) figures.push(...(await bench()));

if (values.json) console.log(JSON.stringify(figures, undefined, 2));
else
  console.table(
    Object.fromEntries(
      figures.map((figure) => [
        figure.name,
        {
          value: Number(figure.value.toFixed(2)),
          unit: figure.unit,
          ratio: figure.ratio === undefined ? "" : Number(figure.ratio.toFixed(3)),
          limit: figure.limit,
          ok: isWithinLimit(figure) ? "yes" : "NO",
        },
      ]),
    ),
  );
process.exitCode = figures.every(isWithinLimit) ? 0 : 1;
