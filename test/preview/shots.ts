import { mkdirSync } from "node:fs";
import path from "node:path";
import { launchBrowser } from "../host/browser.ts";
import { scenarios } from "./scenarios.ts";
import { startPreview } from "./server.ts";

// npm run preview:shots [scenario …]: pictures of the panel in all themes and widths, to be looked at.

const out = path.join(import.meta.dirname, "../../out/preview");
const widths = [1180, 480];
const themes = ["dark", "light", "hc"];

mkdirSync(out, { recursive: true });
const wanted = process.argv.slice(2);
const names = Object.keys(scenarios).filter((name) => wanted.length === 0 || wanted.includes(name));
const preview = await startPreview(0);
const { page, close } = await launchBrowser();
page.on("console", (message) => {
  if (message.type() === "error") console.error(message.text());
});
page.on("pageerror", (error) => console.error(error));
for (const scenario of names) {
  for (const theme of themes) {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto("about:blank");
      await page.goto(`${preview.origin}/?scenario=${scenario}&theme=${theme}&still`);
      await page.evaluate(() => sessionStorage.clear());
      await page.reload();
      await page.locator(".panel").waitFor();
      await page.evaluate(async () => {
        await document.fonts.ready;
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      const file = path.join(out, `${scenario}-${theme}-${width}.png`);
      await page.screenshot({ path: file });
      console.log(path.relative(process.cwd(), file));
    }
  }
}
await close();
preview.close();
