import { readFileSync } from "node:fs";
import path from "node:path";
import type { Host } from "../host/hosts.ts";

/** VS Code's own themes, by the names users see. */
export type Theme = "Dark Modern" | "Light Modern" | "Dark High Contrast" | "Light High Contrast";

/** The file of each theme: its name has never changed, its id has. */
const files: Readonly<Record<Theme, string>> = {
  "Dark Modern": "dark_modern",
  "Light Modern": "light_modern",
  "Dark High Contrast": "hc_black",
  "Light High Contrast": "hc_light",
};

interface ThemeManifest {
  readonly contributes: { readonly themes: readonly { readonly id: string; readonly path: string }[] };
}

/** What the setting `workbench.colorTheme` calls a theme in this version. */
export function themeId(host: Host, theme: Theme): string {
  const manifest = readFileSync(path.join(host.vscode, "extensions", "theme-defaults", "package.json"), "utf8");
  const { themes } = (JSON.parse(manifest) as ThemeManifest).contributes;
  const found = themes.find(({ path: file }) => path.basename(file, ".json") === files[theme]);
  if (!found) throw new Error(`VS Code ${host.version} has no theme ${theme}`);
  return found.id;
}

/** The class of the workbench while it shows a theme. */
export function themeClass(theme: Theme): string {
  return `vscode-theme-defaults-themes-${files[theme]}-json`;
}
