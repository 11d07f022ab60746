import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseProgressLine, parseTime } from "../../../src/core/buildx/solveStatus.ts";

describe("parseTime", () => {
  const second = Date.UTC(2026, 10, 23, 14, 47, 40);
  const times: readonly (readonly [text: string, afterMs: number])[] = [
    ["2026-11-23T14:47:40Z", 0],
    ["2026-11-23T14:47:40.4Z", 400],
    ["2026-11-23T14:47:40.04Z", 40],
    ["2026-11-23T14:47:40.414Z", 414],
    ["2026-11-23T14:47:40.4145Z", 414.5],
    ["2026-11-23T14:47:40.41405Z", 414.05],
    ["2026-11-23T14:47:40.414051Z", 414.051],
    ["2026-11-23T14:47:40.4140512Z", 414.0512],
    ["2026-11-23T14:47:40.41405125Z", 414.05125],
    ["2026-11-23T14:47:40.000000001Z", 0.000001],
    ["2026-11-23T14:47:40.999999999Z", 999.999999],
    ["2026-11-23T16:47:40.5+02:00", 500],
    ["2026-11-23T09:17:40-05:30", 0],
    ["2026-11-24T00:47:40+10:00", 0],
    ["2026-11-23T14:47:40+00:00", 0],
  ];
  for (const [text, afterMs] of times)
    it(`reads ${text}`, () => {
      // A double of this size holds steps of 0.00024 ms.
      assert.ok(Math.abs((parseTime(text) ?? NaN) - second - afterMs) < 0.00025, `${parseTime(text)}`);
    });

  it("keeps starts apart that lie within one millisecond", () => {
    const [early = NaN, late = NaN] = ["2026-11-23T14:47:40.414001Z", "2026-11-23T14:47:40.414002Z"].map(parseTime);
    assert.ok(early < late);
  });

  const noTimes = [
    undefined,
    "",
    "now",
    "2026-11-23",
    "2026-11-23T14:47:40",
    "2026-11-23T14:47:40.Z",
    "1700000000",
    "2026-13-41T14:47:40Z",
    "2026-11-23T14:47:40Z and more",
  ];
  for (const text of noTimes)
    it(`finds no time in ${JSON.stringify(text)}`, () => {
      assert.equal(parseTime(text), undefined);
    });
});

const empty = { vertexes: [], statuses: [], logs: [] };

describe("parseProgressLine", () => {
  it("reads every field of the wire", () => {
    const message = {
      vertexes: [
        {
          digest: "a",
          inputs: ["b"],
          name: "[1/2] RUN \u003c\u0026\u003e",
          started: "2026-11-23T14:47:40Z",
          completed: "2026-11-23T14:47:41Z",
          cached: true,
          error: "no",
          progressGroup: { id: "g", name: "group", weak: true },
        },
      ],
      statuses: [
        { id: "sha256:1", vertex: "a", name: "extracting", current: 1, total: 2, timestamp: "2026-11-23T14:47:40Z" },
      ],
      logs: [{ vertex: "a", stream: 2, data: "aGk=", timestamp: "2026-11-23T14:47:40Z" }],
    };
    assert.deepEqual(parseProgressLine(JSON.stringify(message)), message);
  });

  const texts: readonly (readonly [name: string, line: string])[] = [
    ["an empty line", ""],
    ["plain text", "ERROR: failed to solve: no"],
    ["a number", "42"],
    ["null", "null"],
    ["an array", '[{"digest":"a"}]'],
    ["a JSON string", '"{}"'],
    ["a message that was cut", '{"vertexes":[{"digest":"a","na'],
    ["text that begins like a message", "{not json}"],
    ["two messages run together", "{}{}"],
    ["a message behind other text", 'E1123 {"vertexes":[]}'],
    ["half a megabyte that is never closed", `{"vertexes":${"[".repeat(500_000)}`],
  ];
  for (const [name, line] of texts)
    it(`takes ${name} for text`, () => {
      assert.equal(parseProgressLine(line), line);
    });

  const garbage: readonly (readonly [name: string, line: string])[] = [
    ["nothing at all", "{}"],
    ["warnings only", '{"warnings":[{"vertex":"a","short":"aGk="}]}'],
    ["null for a list", '{"vertexes":null,"statuses":null,"logs":null}'],
    ["an object for a list", '{"vertexes":{"digest":"a"},"logs":{"length":1}}'],
    ["a text for a list", '{"vertexes":"a","statuses":1,"logs":true}'],
    ["entries that are no objects", '{"vertexes":[null,1,"a",[],true],"statuses":[null],"logs":[[]]}'],
    [
      "entries without their keys",
      '{"vertexes":[{"name":"a"}],"statuses":[{"id":"a"},{"vertex":"a"}],"logs":[{"vertex":"a"},{"data":""}]}',
    ],
    [
      "fields of wrong types",
      '{"vertexes":[{"digest":"a","started":1},{"digest":"a","inputs":"b"},{"digest":"a","inputs":[1]},{"digest":"a","cached":"yes"},{"digest":"a","name":null},{"digest":"a","completed":{}},{"digest":"a","error":false},{"digest":"a","progressGroup":"g"},{"digest":"a","progressGroup":{"id":1}}]}',
    ],
    [
      "statuses and logs of wrong types",
      '{"statuses":[{"id":"a","vertex":"a","current":"1"},{"id":"a","vertex":"a","total":{}},{"id":"a","vertex":"a","completed":1}],"logs":[{"vertex":"a","data":[1]},{"vertex":"a","data":"","stream":"2"},{"vertex":1,"data":""}]}',
    ],
  ];
  for (const [name, line] of garbage)
    it(`leaves out ${name}`, () => {
      assert.deepEqual(parseProgressLine(line), empty);
    });

  it("keeps the good entries beside the bad ones", () => {
    const line =
      '{"vertexes":[null,{"digest":"a"},{"digest":1}],"logs":[7,{"vertex":"a","data":"aGk="}],"statuses":"no"}';
    assert.deepEqual(parseProgressLine(line), {
      vertexes: [{ digest: "a" }],
      statuses: [],
      logs: [{ vertex: "a", data: "aGk=" }],
    });
  });

  it("ignores fields it does not know", () => {
    const message = parseProgressLine('{"future":1,"vertexes":[{"digest":"a","future":[]}]}');
    assert.equal(typeof message === "string" ? undefined : message.vertexes[0]?.digest, "a");
  });

  it("leaves somebody else's JSON as text", () => {
    const line = '{"level":"error","msg":"credential helper failed"}';
    assert.equal(parseProgressLine(line), line);
  });

  it("reads a message of megabytes", () => {
    const data = "QUJD".repeat(1_000_000);
    const message = parseProgressLine(JSON.stringify({ logs: [{ vertex: "a", data }] }));
    assert.equal(typeof message === "string" ? 0 : message.logs[0]?.data.length, data.length);
  });
});
