// Chromium as a person has it, and what no visit may leave behind: an error in the console, a refused resource, a failed
// request. Playwright is found beside the lock file's install, not beside this script.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const modules = process.env.BROWSER_MODULES;
const require = createRequire(join(modules, "package.json"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/// The rules that WCAG 2.2 AA is made of, and axe's advice beside them.
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      // As root, as in most containers, there is no sandbox to be had.
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
}

/// One person with a window; `trouble` is what went wrong in it.
export async function visitor(browser, site, { name, token, ...options }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  // A busy build machine is no reason to fail: whatever never comes still fails.
  context.setDefaultTimeout(120_000);
  const trouble = [];
  const page = await context.newPage();
  watch(page, trouble);
  await page.goto(`${site}/enter?to=/review`);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Come in" }).click();
  await page.waitForURL("**/review");
  return { context, page, trouble, another: async () => { const it = await context.newPage(); watch(it, trouble); return it; } };
}

function watch(page, trouble) {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) trouble.push(`console: ${message.text()} at ${page.url()}`);
  });
  page.on("pageerror", (error) => trouble.push(`script: ${error.message} at ${page.url()}`));
  page.on("requestfailed", (request) => {
    // A stream that is followed ends when its page is left.
    const ended = request.failure()?.errorText === "net::ERR_ABORTED";
    if (!ended) trouble.push(`request: ${request.url()} ${request.failure()?.errorText}`);
  });
}

/// Where axe has looked: the paths of pages.
export const looked = new Set();

/// What axe has against a page, a line each.
export async function axe(page) {
  looked.add(new URL(page.url()).pathname);
  const found = await page.evaluate(`${AXE}; axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(RULES)} } })`);
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${new URL(page.url()).pathname}: ${id}: ${help}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`));
}
