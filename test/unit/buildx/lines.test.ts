import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { readAll, splitLines } from "../../../src/core/buildx/lines.ts";
import { collect } from "./fakeBuildx.ts";

function chunksOf(text: string, bytes: number): Readable {
  const data = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(data.length / bytes) }, (_, index) =>
    data.subarray(index * bytes, (index + 1) * bytes),
  );
  return Readable.from(chunks);
}

describe("splitLines", () => {
  const cases: readonly [behaviour: string, text: string, lines: readonly string[]][] = [
    ["splits at line feeds", "a\nb\n", ["a", "b"]],
    ["gives a last line without its end", "a\nb", ["a", "b"]],
    ["keeps empty lines", "a\n\nb\n", ["a", "", "b"]],
    ["drops the carriage return of Windows", "a\r\nb\r\n", ["a", "b"]],
    ["gives nothing for nothing", "", []],
    ["keeps characters whole that a chunk's border cuts", "Größe → 日本\n💡\n", ["Größe → 日本", "💡"]],
  ];
  for (const [behaviour, text, lines] of cases) {
    it(behaviour, async () => {
      for (const bytes of [1, 2, 3, 5, 1000]) {
        assert.deepEqual(await collect(splitLines(chunksOf(text, bytes), 1000)), lines);
      }
    });
  }

  it("keeps the beginning of a line that is too long, and the lines after it", async () => {
    assert.deepEqual(await collect(splitLines(chunksOf("0123456789\nabc\n", 4), 6)), ["012345", "abc"]);
  });

  it("reads no faster than the lines are taken", async () => {
    let chunks = 0;
    const source = (async function* () {
      for (;;) {
        chunks++;
        yield Buffer.alloc(64 * 1024, "x\n");
      }
    })();
    for await (const line of splitLines(Readable.from(source, { objectMode: false }), 1000)) {
      assert.equal(line, "x");
      break;
    }
    assert.ok(chunks < 5, `${chunks} chunks were read for one line`);
  });
});

describe("readAll", () => {
  it("keeps the beginning and reads to the end", async () => {
    assert.equal(await readAll(chunksOf("0123456789", 3), 4), "0123");
  });
});
