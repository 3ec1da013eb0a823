import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeClip } from "../source/clip.js";
import { launchChromium, noChromium, seenPictures, told, watchPictures } from "./chromium.js";
import { Relay } from "./relay.js";

const width = 640;
const size = "size=640x360";

describe.skipIf(noChromium)("the WebCodecs tier in Chromium", () => {
  let browser: Browser;
  let relay: Relay;
  let page: Page;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    relay = await Relay.start();
    page = await browser.newPage();
    page.on("pageerror", (error) => console.error(error));
    await watchPictures(page, width);
  });
  afterEach(async () => {
    await page.close();
    await relay.stop();
  });

  /** Publishes pictures at an even pace. */
  async function send(units: readonly Uint8Array[], everyMs = 33): Promise<void> {
    for (const unit of units) {
      relay.publish(unit);
      await sleep(everyMs);
    }
  }

  const shown = async () =>
    (await told(page)).filter(({ event, outcome }) => event === "picture" && outcome === "shown");

  it("shows every picture, in order, and says which tier it uses", async () => {
    const units = await makeClip(`${size}&frames=60&gop=20&bframes=2`);
    await page.goto(relay.url);
    await page.waitForFunction(() => document.querySelector("nalive-player")?.matches(":defined"));
    await send(units);
    relay.endOfInput();
    await sleep(500);
    if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
    const events = await told(page);
    const seen = await seenPictures(page);
    const numbers = seen.map(({ number }) => number!);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(await shown()).toHaveLength(60);
    expect(events.find(({ event }) => event === "tier")).toMatchObject({ name: "webcodecs" });
  });
});
