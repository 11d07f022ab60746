import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const root = path.join(import.meta.dirname, "../..");

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const imports = ["src", "media"].flatMap((folder) => sourceFiles(folder).flatMap(importsOf));

function sourceFiles(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => path.posix.join(folder, file.replaceAll(path.sep, "/")));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), "utf8");
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;]*?from\s*"([^"]+)"|\bimport\s*\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => {
    const target = match[2] ?? match[3] ?? match[4] ?? "";
    const to = target.startsWith(".") ? path.posix.join(path.posix.dirname(file), target) : target;
    return { from: file, to, isTypeOnly: match[1] !== undefined };
  });
}

function forbid(what: string, isForbidden: (one: Import) => boolean): void {
  test(what, () => {
    assert.deepEqual(
      imports.filter(isForbidden).map((one) => `${one.from} → ${one.to}`),
      [],
    );
  });
}

const isIn = (file: string, ...folders: string[]): boolean =>
  folders.some((folder) => file.startsWith(`src/${folder}/`));

test("there are imports to look at", () => {
  assert.ok(imports.length > 100, `only ${imports.length} imports found`);
  assert.ok(imports.some((one) => one.to === "vscode"));
});

forbid(
  "only ui and extension.ts call vscode",
  ({ from, to, isTypeOnly }) =>
    to === "vscode" &&
    !isIn(from, "ui") &&
    from !== "src/extension.ts" &&
    !(from === "src/contributions.ts" && isTypeOnly),
);
forbid(
  "core knows neither ui, media, contributions, protocol nor extension.ts",
  ({ from, to }) => isIn(from, "core") && /^(src\/(ui|contributions|extension|protocol)|media)/.test(to),
);
forbid("ui does not import extension.ts", ({ from, to }) => isIn(from, "ui") && to === "src/extension.ts");
forbid(
  "the panel imports types, how times and platforms are compared and written, and no Node",
  ({ from, to, isTypeOnly }) =>
    from.startsWith("media/") &&
    (to.startsWith("node:") ||
      to === "vscode" ||
      (to.startsWith("src/") && !isTypeOnly && !/^src\/core\/(build\/(comparison|format)|platform)\.ts$/.test(to))),
);
forbid(
  "buildx, cluster and dockerfile do not know each other, nor who uses them",
  ({ from, to }) =>
    (isIn(from, "core/buildx") && isIn(to, "core/cluster", "core/build", "core/builder", "core/explorer")) ||
    (isIn(from, "core/cluster") && isIn(to, "core/buildx", "core/build", "core/builder", "core/explorer")) ||
    (isIn(from, "core/dockerfile") &&
      isIn(to, "core/buildx", "core/cluster", "core/build", "core/builder", "core/explorer")) ||
    (isIn(from, "core/build", "core/builder") && isIn(to, "core/explorer")),
);
forbid(
  "the Kubernetes client belongs to core/cluster",
  ({ from, to }) => to.startsWith("@kubernetes/") && !isIn(from, "core/cluster"),
);
forbid(
  "processes are started in two places: buildx by its one spawner, credential plugins of a kubeconfig",
  ({ from, to }) =>
    /^(node:)?child_process$/.test(to) ||
    (to === "execa" && !["src/core/buildx/process.ts", "src/core/cluster/execPlugin.ts"].includes(from)),
);

test("only ui/messages.ts shows notifications: elsewhere their texts could be links", () => {
  const shows = sourceFiles("src/ui").filter((file) =>
    /window\.show(?:Error|Information|Warning)Message/.test(readFileSync(path.join(root, file), "utf8")),
  );
  assert.deepEqual(shows, ["src/ui/messages.ts"]);
});

test("no circle of imports", () => {
  const graph = new Map<string, string[]>();
  for (const { from, to, isTypeOnly } of imports)
    if (!isTypeOnly && (to.startsWith("src/") || to.startsWith("media/")))
      graph.set(from, [...(graph.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) assert.fail([...trail.slice(trail.indexOf(file)), file].join(" → "));
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
});

test("no source file is longer than 350 lines", () => {
  const long = ["src", "media", "test"]
    .flatMap(sourceFiles)
    .filter((file) => readFileSync(path.join(root, file), "utf8").split("\n").length > 351);
  assert.deepEqual(long, []);
});
