import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../serve/serve-kit.js";
import { launchChromium, noChromium } from "./chromium.js";

describe.skipIf(noChromium)("the children of a player's element, in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it("lie over its picture", async () => {
    const server = await serve({ sources: { cam: "test:?size=320x180" } });
    const page = await browser.newPage();
    await page.goto(`${server.url}/watch/cam`);
    await page.waitForFunction(() => document.querySelector("nalive-player")!.statistics.shown > 0);
    const over = await page.evaluate(() => {
      const child = document.createElement("canvas");
      child.style.cssText = "position: absolute; inset: 0; width: 100%; height: 100%";
      document.querySelector("nalive-player")!.append(child);
      return document.elementFromPoint(innerWidth / 2, innerHeight / 2) === child;
    });
    expect(over).toBe(true);
    await page.close();
  });
});
