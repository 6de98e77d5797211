// What people do with the pages, one visit each. They share one world and go through it in this order.
import assert from "node:assert/strict";
import { axe, looked, visitor } from "./browser.mjs";

/// A placement that the demo ends with in this state.
const ACTIVE = "/placements/acme/51000777";
const HELD = "/placements/acme/51000784";
/// The contractor let the application run out, and would finish a new one.
const LAPSED = "51000794";
/// What came in and nobody understands.
const ODD = "/inbox/one?tenant=acme&id=1099policy%3Aev_odd";
/// The demo's days.
const DAYS = "from=2026-03-24&to=2026-06-30";

/// The pages that the site itself leads to, so that a new one is visited without anybody thinking of it, and those that are
/// about something. That none is left out is looked at in the end.
async function addresses(page) {
  const nav = await page.locator("nav a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.ok(nav.length >= 3, nav.join());
  return [
    ...nav, "/board?state=Flagged", ACTIVE, `${ACTIVE}?at=3`, HELD, `/placements/acme/${LAPSED}`, `/sent?of=placement${ACTIVE.slice(11)}`,
    `/coverage?${DAYS}&show=all`, `/coverage/print?${DAYS}`, "/log?at=3", "/log/verify", ODD,
    await one(page, "/log?at=0", "a[href^='/papers/contractor/']"),
  ];
}

/// The first address on a page that looks so.
async function one(page, on, what) {
  const back = page.url();
  await page.goto(new URL(on, back).href);
  const found = await page.locator(what).first().getAttribute("href");
  await page.goto(back);
  return found;
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
    assert.equal(who.page.url(), `${site}${address}`, "it is this page and not the door");
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
    assert.equal(page.url(), `${site}${address}`, "it is this page and not the door");
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
  await line.getByPlaceholder("Why").fill("called; an application will be finished this time");
  await view(olu.page, "review");
  await line.getByRole("button").click();
  await olu.page.waitForURL("**/review");

  // Nobody touches this window: the state comes by itself.
  const stand = vera.page.locator("[data-live=stand]");
  await stand.locator(".state:not([data-state=Flagged])").waitFor();
  await stand.locator(".state[data-state=Active]").waitFor();
  assert.match(await vera.page.textContent("#news"), /Updated just now/);
  const road = await vera.page.textContent("[data-live=events]");
  assert.match(road, /operator:Olu/, "the log says who");
  const events = await vera.page.locator("[data-live=events] > li").count();
  assert.equal(await vera.page.getAttribute("#at", "max"), String(events), "the slider has come along");
  await view(vera.page, "placement");
  await picture(vera.page, "placement-active-again");
  assert.deepEqual([...olu.trouble, ...vera.trouble], []);
}

/// Something moves in the log: a placement is paused, or goes on.
async function something({ page }, site) {
  await page.goto(`${site}${HELD}`);
  const form = page.locator("[data-live=orders] > form");
  await form.getByLabel("Why").fill("for a while");
  const other = form.getByRole("button", { name: /^(Send nothing for it|Let it go on)$/ });
  if (!await other.isVisible()) await form.locator("summary").click();
  await Promise.all([page.waitForResponse((answer) => answer.url().endsWith(HELD)), other.click()]);
}

const records = (page) => page.locator("[data-live=records]").textContent();

/// A paused page shows what it showed while another one goes on; live again, it shows what it missed.
async function pausedPagesStandStill({ browser, site, viewer, operator }) {
  const { page, trouble, another } = await visitor(browser, site, viewer);
  const olu = await visitor(browser, site, operator);
  const live = await another();
  await live.goto(`${site}/log`);
  await page.goto(`${site}/log`);
  const button = page.locator("#follow");
  await button.click();
  assert.equal(await button.getAttribute("aria-pressed"), "false");
  assert.equal(await button.textContent(), "Paused");
  const [shown, before] = [await records(page), await records(live)];
  await something(olu, site);
  await live.waitForFunction((before) => document.querySelector("[data-live=records]").textContent !== before, before);
  assert.equal(await records(page), shown, "a paused page stands still");
  await button.click();
  await page.waitForFunction((shown) => document.querySelector("[data-live=records]").textContent !== shown, shown);
  await button.click();
  await page.reload();
  assert.equal(await page.locator("#follow").textContent(), "Paused", "it stays as it was wanted");
  await something(olu, site);
  assert.deepEqual([...trouble, ...olu.trouble], []);
}

/// The server goes away and comes back: the page follows from the position that it has seen, and is not loaded anew.
async function theServerComesBack({ browser, site, viewer, operator, restart }) {
  const { page, trouble } = await visitor(browser, site, viewer);
  const asked = [];
  page.on("request", (request) => { if (request.url().includes("/live")) asked.push(request.allHeaders()); });
  await page.goto(`${site}/log`);
  await page.evaluate(() => { window.untouched = true; });
  const olu = await visitor(browser, site, operator);
  const moved = (before) => page.waitForFunction((before) => document.querySelector("[data-live=records]").textContent !== before, before);
  let before = await records(page);
  await something(olu, site);
  await moved(before);
  before = await records(page);
  await restart();
  await something(olu, site);
  await moved(before);
  assert.equal(await page.evaluate(() => window.untouched), true, "it was not loaded anew");
  const again = (await Promise.all(asked)).map((headers) => Number(headers["last-event-id"] ?? 0));
  assert.ok(again.length > 1 && again.at(-1) > 0, `it says what it has seen: ${again}`);
  // That nobody answered for a while is all that went wrong.
  assert.deepEqual(trouble.filter((line) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/.test(line)), []);
}

/// What is typed into a part that would be exchanged is not lost, also when the focus is elsewhere.
async function whatIsTypedStays({ browser, site, operator, admin }) {
  const ada = await visitor(browser, site, admin);
  const olu = await visitor(browser, site, operator);
  await ada.page.goto(`${site}${HELD}`);
  const why = ada.page.locator("[data-live=orders] > form").getByLabel("Why");
  await why.fill("half a sent");
  await ada.page.locator("h1").click();
  await something(olu, site);
  await ada.page.locator("[data-test=beside]").waitFor();
  assert.equal(await why.inputValue(), "half a sent");
  await something(olu, site);
  assert.deepEqual([...ada.trouble, ...olu.trouble], []);
}

/// What answers a form, each as a person comes to it.
async function answers({ browser, site, operator, admin, viewer, picture, certificate }) {
  const found = [];
  const olu = await visitor(browser, site, operator);
  const { page } = olu;
  const seen = async (at, name) => {
    assert.equal(new URL(at.url()).pathname, name);
    await picture(at, `answer${named(name)}`);
    found.push(...await axe(at));
  };
  // A fact that nobody can read, and one that leads on.
  await page.goto(`${site}${HELD}`);
  await page.locator("[data-test=set] summary").click();
  const set = page.locator("[data-test=set] form");
  await set.getByLabel("What").selectOption("wage");
  const say = async (value) => {
    await set.getByLabel("Value").fill(value);
    await set.getByLabel("Why").fill("told on the phone");
    await set.getByRole("button").click();
  };
  await say("much");
  await page.getByText(/is no wage/).waitFor();
  await seen(page, "/act");
  await page.goto(`${site}${HELD}`);
  await page.locator("[data-test=set] summary").click();
  await say("95.00/hour");
  await page.waitForURL(`**${HELD}`);
  await page.locator("[data-live=events]", { hasText: "operator:Olu" }).waitFor();
  // One order for many.
  await page.goto(`${site}/review`);
  await page.evaluate(() => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: "/act/all" });
    const mark = document.querySelector("[name=mark]").value;
    for (const [name, value] of Object.entries({ mark, q: "held:", deed: "exclude", reason: "of no interest" })) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(form);
    form.submit();
  });
  await page.locator("[data-test=impact]").waitFor();
  await seen(page, "/act/all");
  await page.getByRole("button", { name: /^Order it for all/ }).click();
  await page.locator("[data-test=done]").waitFor();
  await seen(page, "/act/all/sure");
  // Somebody by name, who is not said back.
  await page.goto(`${site}/board`);
  await page.getByLabel("Worker's name or e-mail").fill("Nobody Atall");
  await page.getByRole("button", { name: "Find", exact: true }).click();
  await page.locator("[data-test=found]").waitFor();
  await seen(page, "/board/find");
  // Two people at one delivery: the second is told.
  const late = await olu.another();
  const giveUp = async (at) => {
    const form = at.locator("main form.orders");
    await form.locator("select").selectOption("drop");
    await form.getByLabel("Why").fill("of no use");
    await form.getByRole("button", { name: "Do it" }).click();
  };
  await page.goto(`${site}${ODD}`);
  await late.goto(`${site}${ODD}`);
  await giveUp(page);
  await page.locator("[data-live=stand] .state[data-state=Settled]").waitFor();
  await giveUp(late);
  await late.getByText("These were not").waitFor();
  await seen(late, "/inbox/act");
  // A certificate is not taken for what has run out.
  await page.goto(`${site}${certificate}`);
  found.push(...await axe(page));
  await page.locator("[data-test=accept] summary").click();
  const accept = page.locator("[data-test=accept] form");
  await accept.getByLabel("First day without cover").fill("2026-01-01");
  await accept.getByLabel("Why").fill("read on page one");
  await accept.getByRole("button").click();
  await page.getByRole("alert").waitFor();
  await seen(page, "/papers/accept");
  // A letter is no certificate.
  await page.goto(`${site}/review`);
  const contractor = await one(page, "/log?at=0", "a[href^='/papers/contractor/']");
  await page.goto(`${site}${contractor}`);
  await page.locator("[data-test=hand-in] summary").click();
  const brought = page.locator("[data-test=hand-in] form");
  await brought.getByLabel("The PDF").setInputFiles({ name: "letter.pdf", mimeType: "application/pdf", buffer: Buffer.from("a letter") });
  await brought.getByRole("button", { name: "Hand it in" }).click();
  await page.getByText(/must begin with %PDF/).waitFor();
  await seen(page, "/papers/hand-in");
  // What is sealed, by an admin, for a reason that stays with the placement.
  const ada = await visitor(browser, site, admin);
  await ada.page.goto(`${site}/sent?of=placement${ACTIVE.slice(11)}`);
  const row = ada.page.locator("[data-test=sent] tbody tr").first();
  await row.getByPlaceholder("Why").fill("the insurer asks what was sent");
  await row.getByRole("button").click();
  await ada.page.locator("[data-test=opened]").waitFor();
  await seen(ada.page, "/sent/open");
  await ada.page.goto(`${site}${ACTIVE}`);
  assert.match(await ada.page.textContent("[data-test=beside]"), /disclosed by operator:Ada/);
  // Nobody is forgotten by a slip.
  await ada.page.goto(`${site}${contractor}`);
  found.push(...await axe(ada.page));
  await ada.page.locator("[data-test=forget] summary").click();
  const forget = ada.page.locator("[data-test=forget] form");
  await forget.getByLabel("Their id, once more").fill("7001");
  await forget.getByLabel("Why").fill("asked by letter");
  await forget.getByRole("button").click();
  await ada.page.getByText(/is not this person's/).waitFor();
  await seen(ada.page, "/papers/decide");
  // A system is stopped once, whoever presses the button twice, and goes on.
  const second = await ada.another();
  const stop = async (at, words) => {
    const jobdiva = at.locator("tr[data-system=jobdiva]");
    await jobdiva.getByPlaceholder("Why").fill("they move");
    await jobdiva.getByRole("button", { name: words }).click();
  };
  await ada.page.goto(`${site}/connections`);
  await second.goto(`${site}/connections`);
  await second.locator("#follow").click();
  await stop(ada.page, /^Send nothing/);
  await ada.page.locator("tr[data-system=jobdiva]", { hasText: "paused by Ada: they move" }).waitFor();
  await stop(second, /^Send nothing/);
  await second.getByRole("alert").waitFor();
  await seen(second, "/connections/act");
  await stop(ada.page, /^Let it go on/);
  await ada.page.locator("tr[data-system=jobdiva]").getByRole("button", { name: /^Send nothing/ }).waitFor();
  const vera = await visitor(browser, site, viewer);
  await vera.page.goto(`${site}/connections`);
  assert.equal(await vera.page.locator("main form").count(), 0, "a viewer stops nothing");
  assert.deepEqual(found, []);
  // That an order was refused is said by the browser too.
  const wrong = [...olu.trouble, ...ada.trouble].filter((line) => !/status of 409/.test(line));
  assert.deepEqual(wrong, []);
}

/// Axe has looked at every page that the router knows.
async function noneIsLeftOut({ pages }) {
  const fits = (pattern, path) => new RegExp(`^${pattern.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`).test(path);
  const left = pages.filter((pattern) => ![...looked].some((path) => fits(pattern, path)));
  assert.deepEqual(left, [], `of these axe has seen none: ${left}; it has seen ${[...looked]}`);
}

/// What an auditor does: the days without cover, as a table for a spreadsheet, and whether the log is whole.
async function anAuditorLooks({ browser, site, viewer, picture, view }) {
  const { page, context, trouble } = await visitor(browser, site, viewer);
  await page.goto(`${site}/coverage?${DAYS}&show=all`);
  await page.locator("main svg:visible").first().waitFor();
  await view(page, "coverage");
  const csv = await context.request.get(`${site}/coverage.csv?${DAYS}`);
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
  ["what is typed stays", whatIsTypedStays],
  ["what answers a form", answers],
  ["the server comes back", theServerComesBack],
  ["no page is left out", noneIsLeftOut],
];
