import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { strings as panelStrings } from "../../media/strings.ts";

export const root = path.join(import.meta.dirname, "../..");

/** Texts that are translated: literal first arguments of `t(…)` in core and of `vscode.l10n.t(…)` in ui, and the panel's. */
export function collectTexts(): readonly string[] {
  const files = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const texts = files.flatMap((file) => textsOf(readFileSync(path.join(root, "src", file), "utf8")));
  return [...new Set([...texts, ...panelStrings])].toSorted();
}

function textsOf(source: string): string[] {
  return [...source.matchAll(/\bt\(\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/g)].map(([, literal = '""']) => {
    const body = literal.slice(1, -1);
    return literal.startsWith("'") ? body.replaceAll("\\'", "'") : (JSON.parse(literal) as string);
  });
}
