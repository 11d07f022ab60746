import { recordingNames } from "./recorded.ts";
import { scenarios } from "./scenarios.ts";
import { startPreview } from "./server.ts";
import themes from "./themes.json" with { type: "json" };

// npm run preview: the build panel in any browser, for work on its look.

const { origin } = await startPreview(Number(process.env["PORT"] ?? 0));
console.log(`Themes: ${Object.keys(themes).join(", ")}. Add &still to stop the time.\n`);
for (const name of Object.keys(scenarios)) console.log(`${origin}/?scenario=${name}&theme=dark`);
for (const name of recordingNames()) console.log(`${origin}/?recording=${name}&theme=dark`);
