import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const root = path.join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const json = (file: string): Record<string, never> => JSON.parse(read(file)) as Record<string, never>;

interface MenuItem {
  readonly command: string;
  readonly when?: string;
}
interface Manifest {
  readonly icon: string;
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly viewsWelcome: readonly { readonly when: string }[];
    readonly configuration: {
      readonly properties: Readonly<Record<string, { readonly scope: string; readonly type: string }>>;
    };
  };
}

const manifestText = read("package.json");
const manifest = JSON.parse(manifestText) as Manifest;
const { contributes } = manifest;
const contributions = read("src/contributions.ts");

/** Keys of an interface in contributions.ts: the types are the contract, and types cannot be asked at run time. */
function keysOf(interfaceName: string): string[] {
  const body = new RegExp(`interface ${interfaceName} \\{([^}]*)\\}`).exec(contributions)?.[1] ?? "";
  return [...body.matchAll(/^\s*"?([\w.]+)"?:/gm)].map((match) => match[1] ?? "").toSorted();
}

test("commands are the same in the manifest and in contributions.ts", () => {
  assert.deepEqual(contributes.commands.map((one) => one.command).toSorted(), keysOf("CommandArguments"));
});

test("settings are the same in the manifest and in contributions.ts", () => {
  const ids = Object.keys(contributes.configuration.properties).map((id) => id.replace("multiArchBuilds.", ""));
  assert.deepEqual(ids.toSorted(), keysOf("Settings"));
});

test("the build command is titled as promised", () => {
  const build = contributes.commands.find((one) => one.command === "multiArchBuilds.build");
  assert.equal(build?.title, "%command.build%");
  assert.equal((json("package.nls.json") as Record<string, string>)["command.build"], "Build multi-arch");
});

test("every command has a category and a title from package.nls.json", () => {
  for (const { command, title, category } of contributes.commands) {
    assert.match(title, /^%.+%$/, command);
    assert.equal(category, "%category%", command);
  }
});

test("every %placeholder% has its text, and every text is used", () => {
  const used = new Set([...manifestText.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1] ?? ""));
  assert.deepEqual(
    [...used].toSorted((a, b) => a.localeCompare(b)),
    Object.keys(json("package.nls.json")).toSorted((a, b) => a.localeCompare(b)),
  );
});

test("menus name commands that exist", () => {
  const known = new Set(contributes.commands.map((one) => one.command));
  for (const [menu, items] of Object.entries(contributes.menus))
    for (const { command } of items) assert.ok(known.has(command), `${menu}: ${command}`);
});

test("every context key in a when clause is one we set, or the editor's", () => {
  const ours = new Set(keysOf("ContextKeys"));
  const editors =
    /^(view|viewItem|resourceLangId|resourceScheme|editorLangId|explorerResourceIsFolder|isWorkspaceTrusted|true|false)$/;
  const clauses = [
    ...Object.values(contributes.menus)
      .flat()
      .map((one) => one.when ?? ""),
    ...contributes.viewsWelcome.map((one) => one.when),
  ];
  for (const clause of clauses) {
    const withoutValues = clause.replaceAll(/(==|=~)\s*(\/[^/]+\/|[\w.]+)/g, "");
    for (const [key] of withoutValues.matchAll(/[A-Za-z][\w.]*/g))
      assert.ok(ours.has(key) || editors.test(key), `${key} in «${clause}»`);
  }
});

test("settings that name programs or files belong to the machine and are ignored in untrusted workspaces", () => {
  const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  for (const [id, { scope, type }] of Object.entries(contributes.configuration.properties)) {
    if (type === "boolean") continue;
    assert.equal(scope, "machine-overridable", id);
    assert.ok(restricted.includes(id), `${id} is not restricted`);
  }
});

test("icons exist", () => {
  const icons = [
    manifest.icon,
    ...Object.values(contributes.views)
      .flat()
      .map((one) => one.icon),
  ];
  for (const icon of icons) assert.ok(existsSync(path.join(root, icon)), icon);
});

test("the types are those of the oldest editor we run in", () => {
  assert.equal(`^${manifest.devDependencies["@types/vscode"] ?? ""}`, manifest.engines.vscode);
});

test("every translation has the keys of the English texts", () => {
  const english = Object.keys(json("package.nls.json"));
  for (const file of readdirSync(root).filter((name) => /^package\.nls\..+\.json$/.test(name)))
    assert.deepEqual(Object.keys(json(file)).toSorted(), english.toSorted(), file);
});
