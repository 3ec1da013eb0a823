import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeClip } from "../source/kit/clip.js";
import { lanHost, launchChromium, noChromium, seenPictures, told, watchPictures } from "./chromium.js";
import { Relay } from "./relay.js";

const width = 640;
const size = "size=640x360";

describe.skipIf(noChromium)("the MSE tier in Chromium, on a page that is not secure", () => {
  let browser: Browser;
  let relay: Relay;
  let page: Page;
  let pageErrors: Error[] = [];
  beforeAll(async () => {
    browser = await launchChromium(lanHost);
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    relay = await Relay.start();
    page = await browser.newPage();
    pageErrors = [];
    page.on("pageerror", (error) => pageErrors.push(error));
    await watchPictures(page, width);
    await page.goto(`http://cam.test:${relay.port}/`);
    while (relay.viewers.size === 0) await sleep(10);
  });
  afterEach(async () => {
    await page.close();
    await relay.stop();
    expect(pageErrors).toEqual([]);
  });

  /** Publishes at 30 pictures per second, and tells when each was sent, on the page's clock. */
  async function send(units: readonly Uint8Array[]): Promise<number[]> {
    const sentAt: number[] = [];
    const ahead = await page.evaluate(() => performance.timeOrigin);
    const start = Date.now();
    for (const [index, unit] of units.entries()) {
      await sleep(Math.max(0, start + index * 33.3 - Date.now()));
      sentAt.push(Date.now() - ahead);
      relay.publish(unit);
    }
    return sentAt;
  }

  it("plays within 300 ms of live, and says why it is used", async () => {
    const units = await makeClip(`${size}&frames=150&gop=60`);
    const sentAt = await send(units);
    await sleep(500);
    const seen = (await seenPictures(page)).filter(({ number }) => number! > 60);
    const delays = seen.map(({ number, at }) => at - sentAt[number!]!).sort((a, b) => a - b);
    expect(seen.length).toBeGreaterThan(45);
    expect(delays[delays.length >> 1]).toBeLessThan(300);
    const tier = (await told(page)).find(({ event }) => event === "tier");
    expect(tier).toMatchObject({
      name: "mse",
      why: expect.stringContaining("WebCodecs needs https or localhost"),
    });
  });

  it("is back at the live edge after a stall of five seconds", async () => {
    const units = await makeClip(`${size}&frames=150&gop=30`);
    await send(units.slice(0, 60));
    await sleep(5000);
    const sentAt = await send(units.slice(60));
    await sleep(500);
    const seen = (await seenPictures(page)).filter(({ number }) => number! >= 90);
    const delays = seen.map(({ number, at }) => at - sentAt[number! - 60]!).sort((a, b) => a - b);
    expect(seen.length).toBeGreaterThan(30);
    expect(delays[delays.length >> 1]).toBeLessThan(300);
  });

  it("catches up by playing faster where a jump would decode a long group again", async () => {
    const units = await makeClip(`${size}&frames=180&gop=300`);
    await send(units.slice(0, 60));
    await page.evaluate(() => {
      const video = document.querySelector("nalive-player")!.shadowRoot!.querySelector("video")!;
      video.addEventListener("seeking", () => console.error("jumped"));
    });
    const jumps: string[] = [];
    page.on("console", (message) => jumps.push(message.text()));
    for (const unit of units.slice(60, 90)) relay.publish(unit);
    const sentAt = await send(units.slice(90));
    await sleep(500);
    const seen = (await seenPictures(page)).filter(({ number }) => number! >= 120);
    const delays = seen.map(({ number, at }) => at - sentAt[number! - 90]!).sort((a, b) => a - b);
    expect(delays[delays.length >> 1]).toBeLessThan(300);
    expect(jumps).toEqual([]);
  });

  /** A picture comes in two halves, `pauseMs` apart: silence ends it in its middle. */
  async function sendInHalves(unit: Uint8Array, pauseMs: number): Promise<void> {
    const half = unit.length >> 1;
    relay.publish(unit.subarray(0, half));
    await sleep(pauseMs);
    relay.publish(unit.subarray(half));
  }

  for (const pauseMs of [12, 70]) {
    it(`goes on after a pause of ${pauseMs} ms within a picture, though the browser cannot take back what it was given`, async () => {
      const units = await makeClip(`${size}&frames=150&gop=300`);
      await send(units.slice(0, 60));
      await sendInHalves(units[60]!, pauseMs);
      const sentAt = await send(units.slice(61));
      await sleep(500);
      const seen = (await seenPictures(page)).filter(({ number }) => number! >= 90);
      const delays = seen.map(({ number, at }) => at - sentAt[number! - 61]!).sort((a, b) => a - b);
      expect(seen.length).toBeGreaterThan(30);
      expect(delays[delays.length >> 1]).toBeLessThan(300);
      const tiers = (await told(page)).filter(({ event }) => event === "tier").map(({ name }) => name);
      expect(tiers).toEqual(["mse"]);
    });
  }

  it("goes on when the browser fails at what it was given", async () => {
    const units = await makeClip(`${size}&frames=150&gop=30`);
    await send(units.slice(0, 45));
    // What the video element does at a picture that it cannot decode, short of the error itself: a
    // source that takes nothing more.
    await page.evaluate(() => {
      const { appendBuffer } = SourceBuffer.prototype;
      SourceBuffer.prototype.appendBuffer = () => {
        SourceBuffer.prototype.appendBuffer = appendBuffer;
        throw new DOMException("The HTMLMediaElement.error attribute is not null.", "InvalidStateError");
      };
    });
    const sentAt = await send(units.slice(45));
    await sleep(500);
    const seen = (await seenPictures(page)).filter(({ number }) => number! >= 90);
    const delays = seen.map(({ number, at }) => at - sentAt[number! - 45]!).sort((a, b) => a - b);
    expect(seen.length).toBeGreaterThan(30);
    expect(delays[delays.length >> 1]).toBeLessThan(300);
    const events = await told(page);
    expect(events.filter(({ event }) => event === "tier").map(({ name }) => name)).toEqual(["mse"]);
    expect(events.find(({ event }) => event === "held")).toMatchObject({ code: "decode-error" });
  });

  it("shows B pictures in order", async () => {
    await send(await makeClip(`${size}&frames=90&gop=30&bframes=2`));
    await sleep(500);
    const numbers = (await seenPictures(page)).map(({ number }) => number!);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers.length).toBeGreaterThan(50);
  });

  it("follows a change of the picture size", async () => {
    await send(await makeClip(`${size}&frames=40`));
    await send(await makeClip("size=320x180&frames=60"));
    await sleep(500);
    const shape = await page.evaluate(() => {
      const video = document.querySelector("nalive-player")!.shadowRoot!.querySelector("video")!;
      return [video.videoWidth, video.videoHeight];
    });
    expect(shape).toEqual([320, 180]);
  });
});
