import { mkdirSync } from "node:fs";
import path from "node:path";
import { launchBrowser } from "../host/browser.ts";
import { looks } from "./looks.ts";
import { startPreview } from "./server.ts";

// npm run preview:shots -- [--themes=dark,hc] [--widths=480] [--height=430] [look …]: pictures of the panel, to be looked at.

const out = path.join(import.meta.dirname, "../../out/preview");
const option = (name: string, preset: string): readonly string[] =>
  (process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1] ?? preset).split(",");
const themes = option("themes", "dark,light,hc");
const widths = option("widths", "1180,480").map(Number);
const height = Number(option("height", "900")[0]);
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));

mkdirSync(out, { recursive: true });
const preview = await startPreview(0);
const browser = await launchBrowser();
const { page } = browser;
page.on("console", (message) => {
  if (message.type() === "error") console.error(message.text());
});
page.on("pageerror", (error) => console.error(error));
for (const [name, look] of Object.entries(looks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const theme of themes) {
    for (const width of widths) {
      await page.setViewportSize({ width, height });
      await page.goto(`${preview.origin}/?scenario=${look.scenario}&theme=${theme}&still&fresh`);
      await page.locator(".panel").waitFor();
      await look.act?.(page);
      await page.evaluate(async () => {
        await document.fonts.ready;
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      const file = path.join(out, `${name}-${theme}-${width}.png`);
      await page.screenshot({ path: file });
      console.log(path.relative(process.cwd(), file));
    }
  }
}
await browser.close();
preview.close();
