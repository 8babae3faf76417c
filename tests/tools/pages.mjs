// Opens pages in one browser and reports what is wrong with them: what axe-core finds, what the console says, and what
// does not fit. Reads {"pages": [{"name", "url"}], "shots": folder or null} from standard input, writes {name: [problem]}.
//
// Each page is looked at in light and dark, on a phone (320 CSS pixels), a desk (1280) and a wall (2560).

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

const { pages, shots } = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const widths = [320, 1280, 2560];
const schemes = ["light", "dark"];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
});

async function lookAt({ name, url, script }) {
  const problems = [];
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
  await page.setJavaScriptEnabled(script !== false);
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(url, { waitUntil: "load" });
  if (script !== false) {
    // The policy of the page forbids other scripts, as it must; this one comes by the debugger.
    await page.evaluate(axe);
    await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  }
  for (const width of widths) {
    for (const scheme of schemes) {
      await page.setViewport({ width, height: width === 320 ? 640 : width === 1280 ? 900 : 1440 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      const where = `${width} ${scheme}`;
      if (shots) await page.screenshot({ path: join(shots, `${name}-${width}-${scheme}.png`), fullPage: width !== 2560 });
      if (script === false) continue;
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) problems.push(`${where}: ${wide} pixels too wide`);
      const found = await page.evaluate((tags) => axe.run({ runOnly: tags, resultTypes: ["violations"] }), tags);
      for (const { id, help, nodes } of found.violations) {
        problems.push(`${where}: ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
      }
    }
  }
  await page.close();
  return [...new Set(problems)];
}

const found = {};
const began = performance.now();
try {
  for (const page of pages) {
    found[page.name] = await lookAt(page);
    console.error(page.name, Math.round(performance.now() - began));
  }
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(found));
