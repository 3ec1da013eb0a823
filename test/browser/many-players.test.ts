import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get, serve } from "../serve/serve-kit.js";
import { launchChromium, noChromium } from "./chromium.js";

describe.skipIf(noChromium)("many players on a page of Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it("all show JPEGs, and leave connections for the page itself", async () => {
    const server = await serve({ sources: { cam: "test:?size=320x180" } });
    const page = await browser.newPage();
    await page.goto(`${server.url}/watch/cam`);
    await page.evaluate(() => {
      const one = document.querySelector("nalive-player")!;
      one.setAttribute("style", "width: 100px; height: 50px; display: inline-block");
      one.setAttribute("tier", "mjpeg");
      for (let more = 0; more < 9; more++) one.parentElement!.append(one.cloneNode());
    });
    await page.waitForFunction(
      () => {
        const players = [...document.querySelectorAll("nalive-player")];
        const isLive = ({ state, tierInUse, shadowRoot }: (typeof players)[number]) =>
          state.type === "live" &&
          tierInUse?.name === "mjpeg" &&
          shadowRoot!.querySelector("canvas")!.width === 320;
        return players.length === 10 && players.every(isLive);
      },
      undefined,
      { timeout: 30_000 },
    );
    expect(await page.evaluate(async () => (await fetch("/healthz")).status)).toBe(200);
    expect(JSON.parse((await get(server, "/api/streams/cam")).text).viewers).toBe(10);
    await page.close();
  }, 60_000);
});
