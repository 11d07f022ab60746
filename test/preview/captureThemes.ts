import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { launchBrowser } from "../host/browser.ts";
import { startServer } from "../host/server.ts";

// Writes themes.json: the values that a real VS Code gives to the theme variables used in media/style.
// Run again when a style sheet uses a variable it did not use before: npm run preview:themes

/** Theme ids of the newest VS Code, and the file of each, which the workbench names among its classes. */
const themes = {
  dark: ["Dark Modern", "dark_modern"],
  light: ["Light Modern", "light_modern"],
  hc: ["Default High Contrast", "hc_black"],
  "hc-light": ["Default High Contrast Light", "hc_light"],
  "dark-2026": ["Dark 2026", "2026-dark"],
  "light-2026": ["Light 2026", "2026-light"],
} as const;

const root = path.join(import.meta.dirname, "../..");
const styles = path.join(root, "media/style");
const css = readdirSync(styles)
  .map((file) => readFileSync(path.join(styles, file), "utf8"))
  .join("\n");
const used = [...new Set([...css.matchAll(/var\((--vscode-[\w-]+)/g)].map((match) => match[1] ?? ""))].toSorted();
/** Given by the editor's settings and the platform rather than by the theme. */
const fonts = used.filter((name) => name.includes("-font-"));
const colors = used.filter((name) => !fonts.includes(name));

const result: Record<string, Record<string, string>> = {};
const server = await startServer();
try {
  for (const [key, [theme, file]] of Object.entries(themes)) {
    server.writeSettings({ "workbench.colorTheme": theme });
    const browser = await launchBrowser();
    const { page } = browser;
    await page.goto(server.url({ folder: root }));
    await page.locator(`.monaco-workbench[class*="themes-${file}-json"]`).waitFor();
    result[key] = await page.evaluate(readVariables, colors);
    await browser.close();
  }
} finally {
  await server.stop();
}
writeFileSync(path.join(import.meta.dirname, "themes.json"), `${JSON.stringify(result, undefined, 2)}\n`);
console.log(
  Object.entries(result)
    .map(([key, values]) => `${key}: ${Object.keys(values).length} of ${colors.length} variables are set`)
    .join("\n"),
);

function readVariables(names: readonly string[]): Record<string, string> {
  const workbench = document.querySelector(".monaco-workbench");
  if (!workbench) return {};
  const style = getComputedStyle(workbench);
  return Object.fromEntries(
    names.map((name) => [name, style.getPropertyValue(name).trim()]).filter(([, value]) => value !== ""),
  );
}
