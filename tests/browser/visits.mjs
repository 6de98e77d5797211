// What people do with the pages, one visit each. They share one world and go through it in this order.
import assert from "node:assert/strict";
import { axe, visitor } from "./browser.mjs";

/// A placement that the demo ends with in this state.
const ACTIVE = "/placements/acme/51000777";
const HELD = "/placements/acme/51000784";
/// The contractor let the application run out, and would finish a new one.
const LAPSED = "51000794";

/// The pages that the site itself leads to, so that a new one is visited without anybody thinking of it, and some more.
async function addresses(page) {
  const nav = await page.locator("nav a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.ok(nav.length >= 3, nav.join());
  return [...nav, "/board?state=Flagged", ACTIVE, `${ACTIVE}?at=3`, HELD, `/placements/acme/${LAPSED}`];
}

const named = (address) => address.replace(/^\//, "").replaceAll(/[/?=&]+/g, "-");

async function nothingWrong({ trouble }) {
  assert.deepEqual(trouble, []);
}

async function everyPage({ browser, site, operator, picture }, colorScheme, suffix) {
  const who = await visitor(browser, site, { ...operator, colorScheme });
  const found = [];
  for (const address of await addresses(who.page)) {
    const answer = await who.page.goto(`${site}${address}`);
    assert.equal(answer.status(), 200, address);
    assert.equal(await who.page.locator("h1").count(), 1, address);
    await picture(who.page, `${named(address)}${suffix}`);
    found.push(...await axe(who.page));
  }
  assert.deepEqual(found, []);
  await nothingWrong(who);
}

async function theDoor({ browser, site, picture }) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site}/board`);
  assert.match(page.url(), /\/enter\?to=%2Fboard$/, "somebody unknown is sent to the door");
  assert.deepEqual(await axe(page), []);
  await picture(page, "enter");
  await page.getByLabel("Your name").fill("Eve");
  await page.getByLabel("Token").fill("guessed");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  assert.deepEqual(await axe(page), []);
}

async function dark({ browser, site, operator }) {
  const back = async (colorScheme) => {
    const who = await visitor(browser, site, { ...operator, colorScheme });
    return who.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  };
  const [light, night] = [await back("light"), await back("dark")];
  const sum = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((all, part) => all + Number(part), 0);
  assert.ok(sum(light) > 600 && sum(night) < 150, `${light} ${night}`);
}

async function keyboardAlone({ browser, site, operator }) {
  const { page, trouble } = await visitor(browser, site, operator);
  const focused = () => page.evaluate(() => ({
    text: document.activeElement.textContent.trim(),
    ring: getComputedStyle(document.activeElement).outlineStyle,
  }));
  await page.goto(`${site}/review`);
  await page.keyboard.press("Tab");
  assert.equal((await focused()).text, "To the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  // To the board by its link, and by the first line of it to a placement, with a ring around whatever has the focus.
  await page.goto(`${site}/review`);
  await tabTo(page, "Board");
  assert.notEqual((await focused()).ring, "none");
  await Promise.all([page.waitForURL("**/board"), page.keyboard.press("Enter")]);
  await tabTo(page, "acme/51000777");
  assert.notEqual((await focused()).ring, "none");
  await Promise.all([page.waitForURL("**/placements/acme/51000777"), page.keyboard.press("Enter")]);
  assert.deepEqual(trouble, []);
}

async function tabTo(page, text) {
  for (let pressed = 0; pressed < 80; pressed += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.textContent.trim()) === text) return;
  }
  assert.fail(`80 tabs do not lead to ${text}`);
}

async function aViewerLooks({ browser, site, viewer }) {
  const { page, context, trouble } = await visitor(browser, site, viewer);
  for (const address of await addresses(page)) {
    await page.goto(`${site}${address}`);
    assert.equal(await page.locator("form[action='/act'] :is(button, select, input)").count(), 0, `${address} has buttons for a viewer`);
  }
  // Whoever sends the form by hand is refused by the server too.
  const answer = await context.request.post(`${site}/act`, {
    form: { mark: "0", deed: "close", reason: "no", about: `acme/${LAPSED}`, back: "/review" },
    headers: { "sec-fetch-site": "same-origin" },
  });
  assert.equal(answer.status(), 403);
  assert.deepEqual(trouble, []);
}

async function withoutScripts({ browser, site, operator }) {
  const { page } = await visitor(browser, site, { ...operator, javaScriptEnabled: false });
  for (const address of await addresses(page)) {
    const answer = await page.goto(`${site}${address}`);
    assert.equal(answer.status(), 200, address);
  }
  await page.goto(`${site}/board`);
  await page.getByRole("searchbox").first().fill("51000790000");
  await page.getByRole("button", { name: "Search" }).first().click();
  assert.match(await page.textContent("main"), /No placement fits/);
}

async function onAPhone({ browser, site, operator, picture }) {
  const { page, trouble } = await visitor(browser, site, { ...operator, viewport: { width: 360, height: 740 } });
  for (const address of await addresses(page)) {
    await page.goto(`${site}${address}`);
    const [inside, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(inside <= window, `${address} is ${inside} wide in a window of ${window}`);
  }
  await picture(page, "placement-on-a-phone");
  assert.deepEqual(trouble, []);
}

/// From a flag to Active by the pages alone; a second window, of somebody else, sees it happen without being touched.
async function fromAFlagToActive({ browser, site, operator, viewer, picture, view }) {
  const olu = await visitor(browser, site, operator);
  const vera = await visitor(browser, site, viewer);
  const watched = `${site}/placements/acme/${LAPSED}`;
  await vera.page.goto(watched);
  await vera.page.locator("[data-live=stand] .state[data-state=Flagged]").waitFor();

  await olu.page.goto(`${site}/review`);
  const line = olu.page.locator("tr", { hasText: LAPSED });
  await line.getByRole("checkbox").check();
  const form = olu.page.locator("form", { has: line });
  await form.getByLabel("Why").fill("called; an application will be finished this time");
  await view(olu.page, "review");
  await form.locator("button.go").click();
  await olu.page.waitForURL("**/review");

  // Nobody touches this window: the state comes by itself.
  const stand = vera.page.locator("[data-live=stand]");
  await stand.locator(".state:not([data-state=Flagged])").waitFor();
  await stand.locator(".state[data-state=Active]").waitFor();
  assert.match(await vera.page.textContent("#news"), /Updated just now/);
  const road = await vera.page.textContent("[data-live=events]");
  assert.match(road, /operator:Olu/, "the log says who");
  await view(vera.page, "placement");
  await picture(vera.page, "placement-active-again");
  assert.deepEqual([...olu.trouble, ...vera.trouble], []);
}

async function pausedPagesStandStill({ browser, site, viewer }) {
  const { page, trouble } = await visitor(browser, site, viewer);
  const button = page.locator("#follow");
  await button.click();
  assert.equal(await button.getAttribute("aria-pressed"), "false");
  assert.equal(await button.textContent(), "Paused");
  await page.reload();
  assert.equal(await page.locator("#follow").textContent(), "Paused", "it stays as it was wanted");
  assert.deepEqual(trouble, []);
}

/// What an auditor does: the days without cover, as a table for a spreadsheet, and whether the log is whole.
async function anAuditorLooks({ browser, site, viewer, picture, view }) {
  const { page, context, trouble } = await visitor(browser, site, viewer);
  await page.goto(`${site}/coverage?from=2026-03-24&to=2026-06-30&show=all`);
  await page.locator("main svg:visible").first().waitFor();
  await view(page, "coverage");
  const csv = await context.request.get(`${site}/coverage.csv?from=2026-03-24&to=2026-06-30`);
  assert.equal(csv.status(), 200);
  assert.match(csv.headers()["content-type"], /^text\/csv/);
  await page.goto(`${site}/log`);
  await page.getByRole("button", { name: /verify/i }).first().click();
  await page.getByText(/verified|intact|whole/i).first().waitFor();
  await picture(page, "log-verified");
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(trouble, []);
}

export const visits = [
  ["the door", theDoor],
  // Early: time goes on, and a placement can only be covered before its work begins.
  ["from a flag to Active", fromAFlagToActive],
  ["every page in daylight", (world) => everyPage(world, "light", "")],
  ["every page in the dark", (world) => everyPage(world, "dark", "-dark")],
  ["dark where the system is dark", dark],
  ["by keyboard alone", keyboardAlone],
  ["a viewer looks", aViewerLooks],
  ["without scripts", withoutScripts],
  ["on a phone", onAPhone],
  ["an auditor looks", anAuditorLooks],
  ["a paused page", pausedPagesStandStill],
];
