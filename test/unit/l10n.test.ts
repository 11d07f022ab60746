import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { collectTexts, root } from "../l10n/collect.ts";

const texts = collectTexts();

function bundle(file: string): Record<string, string> {
  return JSON.parse(readFileSync(path.join(root, "l10n", file), "utf8")) as Record<string, string>;
}

function placeholders(text: string): string {
  return [...new Set(text.match(/\{\d+\}/g))].toSorted().join(" ");
}

test("finds the texts of core, ui and panel", () => {
  assert.ok(texts.includes("Recent Builds"));
  assert.ok(texts.includes("Create Builder"));
  assert.ok(texts.includes("Building"));
});

test("the bundle for translators has every text and no other (npm run l10n writes it)", () => {
  assert.deepEqual(Object.keys(bundle("bundle.l10n.json")), texts);
});

for (const file of readdirSync(path.join(root, "l10n")).filter((name) => name !== "bundle.l10n.json")) {
  test(`${file} translates every text with the same placeholders`, () => {
    const translated = bundle(file);
    assert.deepEqual(Object.keys(translated).toSorted(), texts);
    for (const [text, translation] of Object.entries(translated))
      assert.equal(placeholders(translation), placeholders(text), text);
  });
}

test("texts of the panel are all in its list", () => {
  const used = readdirSync(path.join(root, "media"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && file !== "strings.ts")
    .flatMap((file) => [
      ...readFileSync(path.join(root, "media", file), "utf8").matchAll(/\bt\(\s*"((?:[^"\\\n]|\\.)*)"/g),
    ])
    .map((match) => JSON.parse(`"${match[1] ?? ""}"`) as string);
  assert.ok(used.length > 30);
  assert.deepEqual(
    [...new Set(used)].filter((text) => !texts.includes(text)),
    [],
  );
});
