import type { Placement } from "../../src/core/build/snapshot.ts";
import type { Platform } from "../../src/core/platform.ts";
import type { Act, Script, ScriptRow } from "./script.ts";

/** A build to look at, and the moment at which it is first shown. */
export interface Scenario {
  readonly script: Script;
  /** Seconds after the start of the build. */
  readonly opensAt: number;
}

const two: readonly Platform[] = ["linux/amd64", "linux/arm64"];

const placements: readonly Placement[] = [
  {
    platform: "linux/amd64",
    nativeness: "native",
    builderNode: "builder-amd64",
    clusterNodes: ["kube-a1"],
    pod: "builder-amd64-7d9f-x7k2",
  },
  {
    platform: "linux/arm64",
    nativeness: "native",
    builderNode: "builder-arm64",
    clusterNodes: ["kube-b3"],
    pod: "builder-arm64-5c41-p2m9",
  },
];

const head = {
  dockerfile: "demo/Dockerfile",
  output: "./out",
  builder: "kube",
  cluster: "prod-k3s",
  namespace: "buildkit",
} as const;

const image = "registry.example.com/team/demo:1.4.0";

const did = (start: number, takes: number, prints?: Act["prints"]): Act => ({ start, takes, prints });
const cached = (start: number): Act => ({ start, takes: 0, ends: "cached" });
const row = (
  stage: string,
  [index, total]: readonly [number, number],
  line: number,
  source: string,
  acts: readonly (Act | undefined)[],
): ScriptRow => {
  const [instruction = "", ...words] = source.split(" ");
  return { stage, index, total, line, instruction, text: words.join(" "), acts };
};

const modules = [
  [0.1, "fetching modules\n"],
  [0.4, "\u001B[32m✓\u001B[0m module 1\n"],
  [0.8, "\u001B[32m✓\u001B[0m module 2\n"],
  [1.3, "\u001B[32m✓\u001B[0m module 3\n\u001B[33mwarning:\u001B[0m module 3 is \u001B[1mold\u001B[0m\n"],
] as const;

/** Times as in the drawings: arm64 is at work on one step for a long time. */
const rows: readonly ScriptRow[] = [
  row("deps", [1, 5], 1, "FROM toolchain:1", [did(0.14, 0.009), did(0.16, 0.009)]),
  row("deps", [2, 5], 2, "WORKDIR /dep", [cached(0.15), cached(0.17)]),
  row("deps", [3, 5], 3, "COPY dep.c .", [did(0.2, 0.049), did(0.21, 0.056)]),
  row("deps", [4, 5], 4, "RUN gcc -O2 -c -o dep.o dep.c && ar rc libdep.a dep.o", [did(0.3, 0.357), did(0.32, 1.24)]),
  row("deps", [5, 5], 5, 'RUN echo "fetching modules"; for i in 1 2 3; do sleep 0.5; echo module $i; done', [
    did(0.7, 1.673, modules),
    did(1.6, 1.887, modules),
  ]),
  row("builder", [1, 7], 6, "FROM toolchain:1", [did(0.14, 0.009), did(0.16, 0.009)]),
  row("builder", [2, 7], 8, "WORKDIR /src", [cached(0.15), cached(0.17)]),
  row("builder", [3, 7], 9, "COPY main.c hash.c ./", [did(0.2, 0.054), did(0.21, 0.064)]),
  row("builder", [4, 7], 10, 'RUN echo "warming up for $TARGETARCH"; sleep 1', [
    did(0.27, 1.229, [[0.1, "warming up for amd64\n"]]),
    did(0.29, 1.454, [[0.1, "warming up for arm64\n"]]),
  ]),
  row("builder", [5, 7], 11, "RUN gcc -O1 -c -o hash.o hash.c && ls -l hash.o", [
    did(1.5, 2.51, [[2.4, "-rw-r--r-- 1 root root 187432 Nov 23 14:47 hash.o\n"]]),
    { start: 1.7, takes: 16.56, prints: [[16.5, "-rw-r--r-- 1 root root 191240 Nov 23 14:48 hash.o\n"]] },
  ]),
  row("builder", [6, 7], 12, "COPY --from=deps /dep/libdep.a .", [did(4.03, 0.052), did(18.3, 0.061)]),
  row(
    "builder",
    [7, 7],
    13,
    'RUN mkdir -p /out && gcc -static -DARCH=\\"$TARGETARCH\\" -o /out/app main.c libdep.a && /out/app',
    [did(4.09, 0.508, [[0.5, "hello from amd64\n"]]), did(18.4, 1.21, [[1.1, "hello from arm64\n"]])],
  ),
  row("stage-2", [1, 1], 16, "COPY --from=builder /out/app /app", [did(4.61, 0.037), did(19.62, 0.041)]),
];

const shared: Script["shared"] = [
  { name: "[internal] load build definition from Dockerfile", label: "definition", start: 0.01, takes: 0.018 },
  { name: "[internal] load metadata for toolchain:1", label: "metadata", start: 0.05, takes: 0.019 },
  {
    name: "[internal] load build context",
    label: "context",
    start: 0.08,
    takes: 0.016,
    bytes: { current: 161_000, total: 161_000 },
  },
  { name: "exporting to client directory", label: "export", platform: "linux/amd64", start: 4.66, takes: 0.017 },
  { name: "exporting to client directory", label: "export", platform: "linux/arm64", start: 19.7, takes: 0.019 },
];

const demo: Script = { head, platforms: two, placements, rows, shared };

const compileError = [
  [0.4, "hash.c: In function ‘mix’:\n"],
  [
    11.7,
    "\u001B[1mhash.c:214:10:\u001B[0m \u001B[1;31mfatal error:\u001B[0m immintrin.h: No such file or directory\n  214 | #include <immintrin.h>\n      |          \u001B[1;31m^~~~~~~~~~~~~\u001B[0m\ncompilation terminated.\n",
  ],
] as const;

const failed: Script = {
  ...demo,
  rows: rows.map((one) =>
    one.line === 11
      ? { ...one, acts: [one.acts[0], { start: 1.7, takes: 11.86, ends: "failed", prints: compileError }] }
      : one,
  ),
  endsAt: 13.6,
  outcome: "failed",
  failure: {
    what: "builder 5/7 failed on linux/arm64",
    message:
      'process "/bin/sh -c gcc -O1 -c -o hash.o hash.c && ls -l hash.o" did not complete successfully: exit code: 1',
    stepId: "step-9-1",
    platform: "linux/arm64",
    exitCode: 1,
    file: "Dockerfile",
    line: 11,
    logTail: [
      "hash.c:214:10: fatal error: immintrin.h: No such file or directory",
      "  214 | #include <immintrin.h>",
      "      |          ^~~~~~~~~~~~~",
      "compilation terminated.",
    ],
  },
};

const six: readonly Platform[] = [
  "linux/amd64",
  "linux/arm64",
  "linux/arm/v7",
  "linux/s390x",
  "linux/ppc64le",
  "linux/riscv64",
];
const slowness = [1, 1.4, 2.2, 3.1, 1.8, 6.5];

const sixPlatforms: Script = {
  ...demo,
  head: { ...head, output: image },
  platforms: six,
  placements: six.map((platform, index) => ({
    platform,
    nativeness: index < 2 ? "native" : "emulated",
    builderNode: `builder-${platform.split("/")[1]}`,
    clusterNodes: [`kube-${"abcdef"[index]}1`],
  })),
  rows: rows.map((one) => ({
    ...one,
    acts: slowness.map((factor, lane) => slower(one.acts[lane === 0 ? 0 : 1], lane === 0 ? 1 : factor / 1.4, lane)),
  })),
};

function slower(act: Act | undefined, factor: number, lane: number): Act | undefined {
  if (!act) return undefined;
  const runsOn = lane === 3 && act.takes > 1 ? "linux/amd64" : undefined;
  return { ...act, start: act.start * (1 + (factor - 1) * 0.6), takes: act.takes * factor, runsOn };
}

const single: Script = {
  ...demo,
  head: { ...head, builder: "default", cluster: undefined, namespace: undefined, output: "" },
  platforms: ["linux/amd64"],
  placements: undefined,
  rows: rows.filter((one) => one.stage === "builder").map((one) => ({ ...one, stage: "", acts: one.acts.slice(0, 1) })),
};

const stepCount = 3_000;
const big: Script = {
  ...demo,
  rows: Array.from({ length: stepCount }, (_, index) => {
    const stage = Math.floor(index / 100);
    const takes = (seed: number): number => 0.004 + ((index * seed) % 97) / 400;
    return row(`stage-${stage}`, [(index % 100) + 1, 100], index + 1, `RUN ./build.sh --part ${index} --quiet`, [
      did(0.2 + index * 0.01, takes(31), [[0, `part ${index}\n`]]),
      did(0.2 + index * 0.013, takes(57) * 1.6, [[0, `part ${index}\n`]]),
    ]);
  }),
};

const floodText = (from: number): string =>
  Array.from({ length: 2_000 }, (_, index) => {
    const number = from * 2_000 + index;
    const color = 31 + (number % 6);
    return `\u001B[${color}m[${String(number).padStart(7, "0")}]\u001B[0m cc -O2 -Wall -c src/file${number}.c -o obj/file${number}.o\n`;
  }).join("");
const floodPrints: Act["prints"] = Array.from({ length: 100 }, (_, index) => [index * 0.1, floodText(index)]);
const download: Act["prints"] = Array.from({ length: 101 }, (_, index) => [
  index * 0.1,
  `\rDownloading ${"█".repeat(index / 4)}${"░".repeat(25 - Math.floor(index / 4))} ${index} %`,
]);
const flood: Script = {
  ...demo,
  rows: [
    row("", [1, 2], 1, "FROM toolchain:1", [did(0.1, 0.2), did(0.1, 0.2)]),
    row("", [2, 2], 2, "RUN make -j8", [did(0.4, 30, floodPrints), did(0.4, 30, download)]),
  ],
  shared: [],
};

const pulling: Script = {
  ...demo,
  rows: rows.map((one) =>
    one.instruction === "FROM"
      ? {
          ...one,
          acts: [
            { start: 0.14, takes: 4, activity: "pulling", bytes: { current: 45_200_000, total: 112_000_000 } },
            { start: 0.14, takes: 9, activity: "extracting", bytes: { current: 112_000_000, total: 112_000_000 } },
          ],
        }
      : { ...one, acts: one.acts.map((act) => act && { ...act, start: act.start + 10 }) },
  ),
  placements: placements.map((place, index) => (index === 1 ? { ...place, nativeness: "emulated" } : place)),
  shared: shared.map((act, index) => (index === 2 ? { ...act, takes: 7.2, bytes: { current: 2_310_000_000 } } : act)),
};

/** Everything the preview can show, by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  running: { script: demo, opensAt: 13.5 },
  failed: { script: failed, opensAt: 20 },
  done: { script: demo, opensAt: 30 },
  pushed: {
    script: {
      ...demo,
      head: { ...head, output: image },
      pushed: `${image}@sha256:5a3478ea0c1be6bb6a9ba7c1f1f4cd2c19b7a0bb9a33f1d5a4d0bb5bf7a6a001`,
    },
    opensAt: 30,
  },
  canceled: { script: { ...demo, endsAt: 9.4, outcome: "canceled" }, opensAt: 20 },
  early: { script: demo, opensAt: 0.8 },
  waiting: {
    script: { ...demo, rows: [], shared: [], endsAt: 60, waitingFor: [60, "waiting for the builder's pods"] },
    opensAt: 6.2,
  },
  pulling: { script: pulling, opensAt: 2.6 },
  six: { script: sixPlatforms, opensAt: 13.5 },
  one: { script: single, opensAt: 2.9 },
  big: { script: big, opensAt: 12 },
  failing: { script: failed, opensAt: 12.5 },
  "big-ending": { script: big, opensAt: 38 },
  flood: { script: flood, opensAt: 3 },
  "pod-lost": {
    script: {
      ...demo,
      endsAt: 13.6,
      outcome: "failed",
      failure: {
        what: "BuildKit in the builder pod builder-arm64-5c41-p2m9 has ended: out of memory (OOMKilled).",
        message: "",
        advice:
          "Create a builder with more memory (driver options requests.memory and limits.memory), or let the step need less.",
        cause: "connection",
        platform: "linux/arm64",
        logTail: [],
      },
    },
    opensAt: 20,
  },
  refused: {
    script: {
      ...demo,
      rows: [],
      shared: [],
      endsAt: 0.5,
      outcome: "failed",
      failure: {
        what: "The build did not start.",
        message: "unknown instruction: RUNN (did you mean RUN?)",
        file: "Dockerfile",
        line: 4,
        logTail: [],
      },
      messages: ["WARNING: No output specified with docker-container driver."],
    },
    opensAt: 2,
  },
};
