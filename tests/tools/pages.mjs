// Opens pages in one browser and reports what is wrong with them. Reads {"pages": [{"name", "url"}], "shots": folder or
// null} from standard input, writes {name: [problem]}.
//
// Each page is looked at in light and dark, on a phone (320 CSS pixels), a desk (1280) and a wall (2560): what axe-core
// finds, what does not fit, what the console says, what the page asks for. Then once without JavaScript: it must read the
// same. With "shots", a picture of each is left in that folder.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

const { pages, shots } = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = [320, 1280, 2560].flatMap((width) => ["light", "dark"].map((scheme) => ({ width, scheme })));
const all = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
// What hangs on sizes and colours; the rest is the same in every view.
const visual = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block", "meta-viewport"];

// One browser for each worker: a page that is not in front is drawn only now and then.
const launch = () =>
  puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
  });

async function open(browser, url, problems, javaScript) {
  const page = await browser.newPage();
  page.on("console", (said) => {
    // The browser says so itself of a page that is not there.
    if (!said.text().includes("status of 404")) problems.push(`console: ${said.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (asked) => {
    const address = asked.url();
    if (address !== url && !address.startsWith("data:")) problems.push(`asks for ${address}`);
  });
  await page.setJavaScriptEnabled(javaScript);
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(url, { waitUntil: "load" });
  return page;
}

async function inEveryView(page, name, problems) {
  // The page's own policy forbids other scripts, as it must; this one comes by the debugger.
  await page.evaluate(axe);
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  for (const { width, scheme } of views) {
    await page.setViewport({ width, height: width === 320 ? 640 : (width * 9) / 16 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    const where = `${width} ${scheme}`;
    if (shots) await page.screenshot({ path: join(shots, `${name}-${width}-${scheme}.png`), fullPage: width !== 2560 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) problems.push(`${where}: ${wide} pixels too wide`);
    const squeezed = await page.evaluate(() => {
      const texts = [...document.querySelectorAll("main :is(caption, td, th, p, li, dd)")];
      const isSqueezed = ({ clientWidth, clientHeight }) => clientWidth < 60 && clientHeight > 3 * clientWidth;
      return texts.filter((text) => text.textContent.length > 20 && isSqueezed(text)).map((text) => text.textContent.slice(0, 40));
    });
    if (squeezed.length) problems.push(`${where}: squeezed: ${squeezed.slice(0, 3).join(" | ")}`);
    const runOnly = width === 320 && scheme === "light" ? all : visual;
    const found = await page.evaluate((runOnly) => axe.run({ runOnly, resultTypes: ["violations"] }), runOnly);
    for (const { id, help, nodes } of found.violations) {
      problems.push(`${where}: ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
    }
  }
}

const textOf = (page) => page.$eval("main", (main) => main.innerText.replace(/\d+ seconds?|\d\d:\d\d:\d\d/g, "#"));

async function lookAt(browser, { name, url }) {
  const problems = [];
  const plain = await open(browser, url, problems, false);
  const text = await textOf(plain);
  await plain.close();
  const scripted = await open(browser, url, problems, true);
  if ((await textOf(scripted)) !== text) problems.push("reads otherwise without JavaScript");
  await inEveryView(scripted, name, problems);
  if (name === "broken-target") {
    const offline = [];
    await refreshes(await open(browser, url, offline, true), problems);
  }
  await scripted.close();
  return [...new Set(problems)];
}

// The script shows the page anew where it is, and says when the daemon does not answer.
async function refreshes(page, problems) {
  const update = () => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  const sees = async (what, condition) => {
    await page.waitForFunction(condition, { timeout: 10000 }).catch(() => problems.push(`refresh: ${what}`));
  };
  await page.evaluate(() => {
    document.querySelector("main a").focus();
    document.querySelector("h1").textContent = "old";
  });
  await update();
  await sees("the page is not shown anew", () => document.querySelector("h1").textContent !== "old");
  await sees("the focus is lost", () => document.activeElement === document.querySelector("main a"));
  await sees("it tells what is no news", () => document.querySelector("#live").textContent === "");
  await page.setOfflineMode(true);
  await update();
  await sees("a daemon that is gone is not told", () => document.querySelector("#live").textContent.includes("does not answer"));
  await sees("the title does not tell it", () => document.title.startsWith("? "));
  await page.setOfflineMode(false);
  await update();
  await sees("a daemon that is back is not told", () => document.querySelector("#live").textContent.startsWith("Now: "));
  await page.click("footer button");
  await page.evaluate(() => (document.querySelector("h1").textContent = "old"));
  await update();
  await sees("a pause is none", () => document.querySelector("h1").textContent === "old");
}

const found = {};
const waiting = [...pages];
const worker = async () => {
  const browser = await launch();
  try {
    for (let page = waiting.shift(); page; page = waiting.shift()) found[page.name] = await lookAt(browser, page);
  } finally {
    await browser.close();
  }
};
await Promise.all([worker(), worker()]);
process.stdout.write(JSON.stringify(found));
