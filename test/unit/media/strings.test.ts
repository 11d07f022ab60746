import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { rich, t } from "../../../media/l10n.ts";
import { strings } from "../../../media/strings.ts";

const media = path.join(import.meta.dirname, "../../../media");
const code = readdirSync(media, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && file !== "strings.ts")
  .map((file) => readFileSync(path.join(media, file), "utf8"))
  .join("\n");

test("every text in the list is used, and is there once", () => {
  assert.deepEqual(
    strings.filter((text) => !code.includes(JSON.stringify(text))),
    [],
  );
  assert.equal(new Set(strings).size, strings.length);
});

test("placeholders are filled in", () => {
  assert.equal(t("{0} of {1} steps, {2} cached", 3, 7, 0), "3 of 7 steps, 0 cached");
  assert.deepEqual(rich("builder {0}", 7), ["builder ", 7, ""]);
});
