import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildModel } from "../../../src/core/build/model.ts";
import type { Cell } from "../../../src/core/build/snapshot.ts";
import type { WireVertex } from "../../../src/core/buildx/solveStatus.ts";
import { lineFinder } from "../../../src/core/dockerfile/dockerfile.ts";

type VertexEvent = Omit<WireVertex, "digest" | "name" | "started" | "completed"> & {
  /** Seconds since the build began. */
  readonly from?: number;
  readonly to?: number;
};

const both = ["linux/amd64", "linux/arm64"];
const amd = "[linux/amd64 1/2] RUN make";
const arm = "[linux/arm64 1/2] RUN make";

const time = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : new Date(1_800_000_000_000 + seconds * 1000).toISOString();

/** A line of the stream with one event of a vertex. */
function vertex(digest: string, name: string, { from, to, ...more }: VertexEvent = {}): string {
  return JSON.stringify({ vertexes: [{ digest, name, started: time(from), completed: time(to), ...more }] });
}

function log(digest: string, text: string, seconds = 0): string {
  const data = Buffer.from(text).toString("base64");
  return JSON.stringify({ logs: [{ vertex: digest, stream: 1, data, timestamp: time(seconds) }] });
}

function built(platforms: readonly string[], lines: readonly string[], dockerfile?: string): BuildModel {
  const model = new BuildModel({ platforms, lineOf: dockerfile === undefined ? undefined : lineFinder(dockerfile) });
  for (const line of lines) model.apply(line);
  return model;
}

function cellText(cell: Cell | null): string {
  if (!cell) return "-";
  const duration = cell.durationMs > 0 ? ` ${cell.durationMs / 1000} s` : "";
  return `${cell.state}${duration}${cell.runsOn ? ` on ${cell.runsOn}` : ""}`;
}

/** First the lanes, then a row a line: `build 2/3 RUN: done 1 s, running`. */
function assertTable(model: BuildModel, expected: readonly string[]): void {
  const rows = model
    .rows()
    .map(({ stage, index, total, instruction, cells }) =>
      `${stage} ${index}/${total} ${instruction}: ${cells.map(cellText).join(", ")}`.trim(),
    );
  const lanes = model.lanes().map(({ platform }) => platform);
  assert.deepEqual([lanes.join(", "), ...rows], expected);
}

describe("BuildModel: life of a step", () => {
  const cases: readonly (readonly [name: string, events: readonly VertexEvent[], cell: string])[] = [
    ["what is only announced is pending", [{}], "pending"],
    ["what has started runs", [{}, { from: 1 }], "running"],
    ["what is over is done", [{}, { from: 1 }, { from: 1, to: 3 }], "done 2 s"],
    ["sent twice is one step and one time", [{}, {}, { from: 1, to: 3 }, { from: 1, to: 3 }], "done 2 s"],
    ["a restart runs again and keeps its time", [{ from: 1, to: 3 }, { from: 5 }], "running 2 s"],
    [
      "a restart adds up",
      [
        { from: 1, to: 3 },
        { from: 5, to: 6 },
      ],
      "done 3 s",
    ],
    ["from the cache is cached", [{ from: 1, to: 1, cached: true }], "cached"],
    [
      "a cached base that is pulled later is done",
      [
        { from: 1, to: 1, cached: true },
        { from: 4, to: 9 },
      ],
      "done 5 s",
    ],
    ["an error is a failure", [{ from: 1 }, { from: 1, to: 2, error: "exit code: 1" }], "failed 1 s"],
    ["cut by another one's failure is canceled", [{ from: 1, to: 2, error: "x: context canceled" }], "canceled 1 s"],
    ["what is announced again afterwards stays done", [{ from: 1, to: 2 }, {}], "done 1 s"],
    ["what is announced again afterwards stays cached", [{ from: 1, to: 1, cached: true }, {}], "cached"],
    ["what is announced again afterwards stays failed", [{ from: 1, to: 2, error: "no" }, {}], "failed 1 s"],
  ];
  for (const [name, events, cell] of cases)
    it(name, () => {
      const model = built(
        ["linux/amd64"],
        events.map((event) => vertex("a", amd, event)),
      );
      assertTable(model, ["linux/amd64", `1/2 RUN: ${cell}`]);
    });

  it("the end closes open steps as canceled, at the time of the end, and leaves the others", () => {
    const lines = [vertex("a", amd, { from: 1, to: 2 }), vertex("b", arm, { from: 1 })];
    const model = built(both, [...lines, vertex("c", "[linux/arm64 2/2] RUN b")]);
    model.end({ exitCode: 1, wasCanceled: true, endedMs: 1_800_000_005_000 });
    assertTable(model, ["linux/amd64, linux/arm64", "1/2 RUN: done 1 s, canceled 4 s", "2/2 RUN: -, pending"]);
    assert.equal(model.state, "canceled");
  });

  it("without a time of the end, the last one that the stream has named counts", () => {
    const model = built([], [vertex("a", amd, { from: 1 }), log("a", "hi", 7), vertex("b", arm, { from: 2, to: 4 })]);
    model.end({});
    assertTable(model, ["linux/amd64, linux/arm64", "1/2 RUN: canceled 6 s, done 2 s"]);
  });

  it("output and sub-progress of what was never announced are left out", () => {
    const status = JSON.stringify({ statuses: [{ id: "sha256:1", vertex: "x" }] });
    assertTable(built(both, [log("x", "hi"), status]), ["linux/amd64, linux/arm64"]);
  });

  it("counts the steps of all lanes; finished are done and cached ones", () => {
    const failed = vertex("d", "[linux/arm64 2/2] RUN b", { from: 2, to: 3, error: "no" });
    const cached = vertex("b", arm, { from: 1, to: 1, cached: true });
    const model = built(both, [vertex("a", amd, { from: 1, to: 2 }), cached, vertex("c", "[1/2] RUN x"), failed]);
    assert.deepEqual(model.counts(), { total: 3, finished: 2, cached: 1 });
  });
});

describe("BuildModel: lanes", () => {
  it("stand in the order of the request, then of appearance", () => {
    const lines = ["s390x", "arm64", "ppc64le", "amd64"].map((arch) => vertex(arch, `[linux/${arch} 1/1] RUN x`));
    const lanes = "linux/amd64, linux/arm64, linux/s390x, linux/ppc64le";
    assertTable(built(both, lines), [lanes, "1/1 RUN: pending, pending, pending, pending"]);
  });

  it("are there before anything has happened", () => {
    assertTable(built(both, []), ["linux/amd64, linux/arm64"]);
  });

  it("a build for one platform has one, though its steps do not name it", () => {
    assertTable(built(["linux/arm64"], [vertex("a", "[build 1/2] RUN x")]), ["linux/arm64", "build 1/2 RUN: pending"]);
  });

  it("a build for no platform has a lane without a name when it has ended", () => {
    const model = built([], [vertex("a", "[1/2] RUN x", { from: 1, to: 2 })]);
    model.end({ exitCode: 0 });
    assertTable(model, ["", "1/2 RUN: done 1 s"]);
  });

  it("a cross-compiling step stands in the lane of its target and tells where it runs", () => {
    const names = ["[linux/amd64 b 1/1] RUN x", "[linux/amd64->arm64 b 1/1] RUN x"];
    const model = built(
      both,
      names.map((name) => vertex(name, name, { from: 1, to: 2 })),
    );
    assertTable(model, ["linux/amd64, linux/arm64", "b 1/1 RUN: done 1 s, done 1 s on linux/amd64"]);
  });

  it("RUN in a stage FROM scratch takes the lane of what it is built on", () => {
    const model = built(both, [
      vertex("r2", "[3/3] RUN b", { inputs: ["r1"] }),
      vertex("r1", "[2/3] RUN a", { inputs: ["c"] }),
      vertex("c", "[linux/arm64 1/3] COPY a /"),
    ]);
    const rows = ["1/3 COPY: -, pending", "2/3 RUN: -, pending", "3/3 RUN: -, pending"];
    assertTable(model, ["linux/amd64, linux/arm64", ...rows]);
  });

  it("a step keeps what it is built on when a later event leaves that out", () => {
    const run = vertex("r", "[2/2] RUN a", { inputs: ["c"] });
    const model = built(both, [
      run,
      vertex("r", "[2/2] RUN a", { from: 1 }),
      vertex("c", "[linux/arm64 1/2] COPY a /"),
    ]);
    assertTable(model, ["linux/amd64, linux/arm64", "1/2 COPY: -, pending", "2/2 RUN: -, running"]);
  });

  it("RUN that is built on nothing takes the lane of what takes its result, at the latest at the end", () => {
    const model = built(both, [
      vertex("r", "[a 1/1] RUN x", { from: 1, to: 2 }),
      vertex("c", "[linux/arm64 b 1/1] COPY --from=a x /", { inputs: ["r", "unknown"] }),
    ]);
    model.end({ exitCode: 0 });
    assertTable(model, ["linux/amd64, linux/arm64", "a 1/1 RUN: -, done 1 s", "b 1/1 COPY: -, pending"]);
  });

  it("run from the first start to the last end and have their own states", () => {
    const model = built(both, [
      vertex("a", amd, { from: 1, to: 2 }),
      vertex("b", "[linux/amd64 2/2] RUN b", { from: 5, to: 6 }),
      vertex("c", arm, { from: 3, to: 4 }),
      vertex("d", "[linux/arm64 2/2] RUN b"),
    ]);
    const told = model.lanes().map(({ state, durationMs, steps }) => [state, durationMs, steps.finished, steps.total]);
    assert.deepEqual(told, [["done", 5000, 2, 2], ["running", 0, 1, 2]]); // prettier-ignore
  });
});

describe("BuildModel: rows", () => {
  it("a progress group is one row with the group's name, of the time of all its members", () => {
    const group = { id: "g", name: "[linux/amd64 2/2] COPY --link a b" };
    const model = built(["linux/amd64"], [
      vertex("a", group.name, { from: 1, to: 3, progressGroup: { ...group, weak: true } }),
      vertex("b", "[linux/amd64 2/2] LINK COPY --link a b", { from: 2, to: 5, progressGroup: group }),
    ]); // prettier-ignore
    assertTable(model, ["linux/amd64", "2/2 COPY: done 4 s"]);
  });

  it("a progress group has the group's name whichever member comes first", () => {
    const progressGroup = { id: "g", name: "[linux/amd64 2/2] COPY --link a b" };
    const merge = vertex("b", "[linux/amd64 2/2] LINK COPY --link a b", { progressGroup });
    assertTable(built(["linux/amd64"], [merge]), ["linux/amd64", "2/2 COPY: pending"]);
  });

  it("a group is cached only when all its members are", () => {
    const progressGroup = { id: "g", name: amd };
    const cached = vertex("a", amd, { from: 1, to: 1, cached: true, progressGroup });
    assertTable(built(["linux/amd64"], [cached]), ["linux/amd64", "1/2 RUN: cached"]);
    const other = vertex("b", amd, { from: 1, to: 2, progressGroup });
    assertTable(built(["linux/amd64"], [cached, other]), ["linux/amd64", "1/2 RUN: done 1 s"]);
  });

  it("a step that never begins gives way to its twin from an equal build", () => {
    const model = built(
      ["linux/amd64"],
      [vertex("mine", amd), vertex("theirs", amd, { from: 1 }), log("theirs", "hi")],
    );
    assertTable(model, ["linux/amd64", "1/2 RUN: running"]);
    assert.equal(model.log("mine")?.read().text, "hi");
  });

  it("a twin that was announced too is told at the end", () => {
    const model = built(["linux/amd64"], [vertex("mine", amd), vertex("theirs", amd)]);
    model.apply(vertex("theirs", amd, { from: 1, to: 2 }));
    assertTable(model, ["linux/amd64", "1/2 RUN: pending", "1/2 RUN: done 1 s"]);
    model.end({ exitCode: 0 });
    assertTable(model, ["linux/amd64", "1/2 RUN: done 1 s"]);
    assert.deepEqual(model.counts(), { total: 1, finished: 1, cached: 0 });
  });

  it("equal names that both run are two rows", () => {
    const model = built(["linux/amd64"], [vertex("a", amd, { from: 1, to: 2 }), vertex("b", amd, { from: 1, to: 3 })]);
    model.end({ exitCode: 0 });
    assertTable(model, ["linux/amd64", "1/2 RUN: done 1 s", "1/2 RUN: done 2 s"]);
  });

  it("stages stand below what they take from, steps by their numbers", () => {
    const model = built(["linux/amd64"], [
      vertex("f", "[final 1/1] COPY --from=lib a b", { inputs: ["l2"] }),
      vertex("l2", "[lib 10/10] RUN x", { inputs: ["l1"] }),
      vertex("l1", "[lib  2/10] RUN x"),
    ]); // prettier-ignore
    assertTable(model, ["linux/amd64", "lib 2/10 RUN: pending", "lib 10/10 RUN: pending", "final 1/1 COPY: pending"]);
  });

  it("stages that do not need each other stand as in the Dockerfile, and their steps have its lines", () => {
    const dockerfile = "FROM a AS one\nRUN x\nFROM b AS two\nRUN y\nRUN z";
    const lines = [vertex("2", "[two 3/3] RUN z"), vertex("1", "[one 2/2] RUN x"), vertex("3", "[two 2/3] RUN y")];
    const rows = built(["linux/amd64"], lines, dockerfile).rows();
    assert.deepEqual(rows.map(({ line, text }) => `${line}: ${text}`), ["2: x", "4: y", "5: z"]); // prettier-ignore
  });

  it("stages that take from each other in a circle are all there", () => {
    const lines = [vertex("a", "[a 1/1] RUN x", { inputs: ["b"] }), vertex("b", "[b 1/1] RUN x", { inputs: ["a"] })];
    assertTable(built(["linux/amd64"], lines), ["linux/amd64", "a 1/1 RUN: pending", "b 1/1 RUN: pending"]);
  });

  it("do not move while steps start and end", () => {
    const names = ["[b 1/1] RUN x", "[a 1/1] RUN x", "[c 1/1] RUN x"];
    const model = built(
      ["linux/amd64"],
      names.map((name) => vertex(name, name)),
    );
    const order = model.rows().map(({ id }) => id);
    model.takeChanges();
    for (const name of names.toReversed()) model.apply(vertex(name, name, { from: 1, to: 2 }));
    assert.equal(model.takeChanges()?.rowOrder, undefined);
    assert.deepEqual(model.rows().map(({ id }) => id), order); // prettier-ignore
  });
});

describe("BuildModel: changes", () => {
  const model = (): BuildModel =>
    built(both, [vertex("a", amd), vertex("b", arm), vertex("c", "[linux/amd64 2/2] RUN b")]);

  it("are everything at first, and nothing when nothing has changed", () => {
    const fresh = model();
    const changes = fresh.takeChanges();
    assert.deepEqual(changes?.rows, fresh.rows());
    assert.deepEqual(changes?.lanes, fresh.lanes());
    assert.deepEqual(changes?.rowOrder, fresh.rows().map(({ id }) => id)); // prettier-ignore
    assert.equal(fresh.takeChanges(), undefined);
    fresh.apply("plain text");
    fresh.apply("{}");
    assert.equal(fresh.takeChanges(), undefined);
  });

  it("are the whole row and the lane that have changed, and no others", () => {
    const changed = model();
    changed.takeChanges();
    changed.apply(vertex("b", arm, { from: 1 }));
    const changes = changed.takeChanges();
    assert.deepEqual(changes?.rows, [changed.rows()[0]]);
    assert.deepEqual(changes?.rows?.[0]?.cells.map(cellText), ["pending", "running"]);
    assert.deepEqual(changes?.lanes?.map(({ platform }) => platform), ["linux/arm64"]); // prettier-ignore
    assert.deepEqual(changes?.shared, []);
  });

  it("keep the objects of what has not changed", () => {
    const changed = model();
    const before = changed.rows();
    changed.apply(vertex("b", arm, { from: 1 }));
    assert.deepEqual(changed.rows().map((row, at) => row === before[at]), [false, true]); // prettier-ignore
  });

  it("are all rows when a lane is added: each has a cell more", () => {
    const changed = model();
    changed.takeChanges();
    changed.apply(vertex("s", "[linux/s390x 1/2] RUN make"));
    assert.deepEqual(changed.takeChanges()?.rows?.map(({ cells }) => cells.length), [3, 3]); // prettier-ignore
  });

  it("put together, give the whole table again", () => {
    const all = new BuildModel({ platforms: both });
    const rows = new Map<string, unknown>();
    let order: readonly string[] = [];
    for (const [at, platform] of [...both, "linux/s390x"].entries())
      for (const index of [3, 1, 2]) {
        all.apply(vertex(`${platform}${index}`, `[${platform} ${index}/3] RUN x`, { from: at, to: index + 1 }));
        const changes = all.takeChanges();
        for (const row of changes?.rows ?? []) rows.set(row.id, row);
        order = changes?.rowOrder ?? order;
      }
    assert.deepEqual(order.map((id) => rows.get(id)), all.rows()); // prettier-ignore
  });
});
