import { writeFileSync } from "node:fs";
import path from "node:path";
import { collectTexts, root } from "./collect.ts";

// `npm run l10n`: writes the English bundle that translators start from.
const bundle = Object.fromEntries(collectTexts().map((text) => [text, text]));
writeFileSync(path.join(root, "l10n", "bundle.l10n.json"), `${JSON.stringify(bundle, undefined, 2)}\n`);
