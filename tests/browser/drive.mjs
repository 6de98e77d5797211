// Visits the runner's pages as people do. Called with the site's address and a folder for pictures; the tokens are in the
// environment, and so are the addresses that the site has (`PAGES`). A line per visit; ends with 1 at the first that fails, and leaves a picture of what it saw.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { launch } from "./browser.mjs";
import { visits } from "./visits.mjs";

const [site, pictures] = process.argv.slice(2);
rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });
// Whoever started this can start the server anew: asked by a line out, answered by a line in.
const told = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const world = {
  restart: async () => { console.log("@restart"); await told.next(); },
  pages: JSON.parse(process.env.PAGES),
  certificate: process.env.CERTIFICATE,
  site,
  picture: (page, name) => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true }),
  /// What a window shows, without what lies below it: for the README.
  view: async (page, name) => {
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(pictures, `view-${name}.png`) });
  },
  viewer: { name: "Vera", token: process.env.VIEWER },
  operator: { name: "Olu", token: process.env.OPERATOR },
  admin: { name: "Ada", token: process.env.ADMIN },
};

const browser = await launch();
let failed = 0;
for (const [name, visit] of visits) {
  const began = Date.now();
  const open = new Set(browser.contexts());
  try {
    await visit({ ...world, browser });
    console.log(`ok      ${name} (${Date.now() - began} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error.stack ?? error}`);
    for (const context of browser.contexts()) {
      if (open.has(context)) continue;
      for (const [index, page] of context.pages().entries()) await world.picture(page, `failed-${name.replaceAll(" ", "-")}-${index}`);
    }
  }
  for (const context of browser.contexts()) if (!open.has(context)) await context.close();
}
await browser.close();
console.log(failed ? `${failed} of ${visits.length} visits failed` : `${visits.length} visits, all as expected`);
process.exit(failed ? 1 : 0);
