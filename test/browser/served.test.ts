import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { clipUnits, get, Peer, publishUnits, serve, sleep, wsUrl } from "../serve/serve-kit.js";
import { launchChromium, noChromium, seenPictures, watchPictures } from "./chromium.js";

const width = 640;

describe.skipIf(noChromium)("a player in Chromium and `nalive serve`", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    page = await browser.newPage();
    await watchPictures(page, width);
    return () => page.close();
  });

  for (const tier of ["webcodecs", "mse", "mjpeg"]) {
    it(`shows a stream published over a WebSocket by ${tier}, and tells the server`, async () => {
      const server = await serve();
      const units = await clipUnits("size=640x360&gop=30&frames=120");
      const publisher = await new Peer(wsUrl(server, "/publish/cam")).open();
      await page.goto(`${server.url}/watch/cam`);
      await page.evaluate(
        (name) => document.querySelector("nalive-player")!.setAttribute("tier", name),
        tier,
      );
      await sleep(500);
      await publishUnits(publisher.ws, units, 33);
      await sleep(1000);
      const numbers = (await seenPictures(page)).map(({ number }) => number!);
      expect(numbers.length).toBeGreaterThan(30);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(await page.evaluate(() => document.querySelector("nalive-player")!.tierInUse)).toMatchObject({
        name: tier,
      });
      if (tier === "mjpeg") return;
      const report = async () =>
        JSON.parse((await get(server, "/api/streams/cam")).text).viewerSessions[0].report;
      // A viewer reports every four seconds.
      await vi.waitFor(async () => expect((await report()).shown).toBeGreaterThan(30), { timeout: 5000 });
      expect(await report()).toMatchObject({ tier });
    });
  }

  it("is embedded by two lines in a page of another origin, and says what that needs", async () => {
    const pages = createServer((_request, response) =>
      response.setHeader("Content-Type", "text/html").end(lines),
    );
    let lines = "";
    await once(pages.listen(0, "127.0.0.1"), "listening");
    const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    const embed = async (config: Parameters<typeof serve>[0]) => {
      const server = await serve({ ...config, sources: { cam: "test:?size=640x360" } });
      lines = `<script type="module" src="${server.url}/player.js"></script>
<nalive-player src="${wsUrl(server, "/streams/cam/ws")}"></nalive-player>`;
      await page.goto(origin);
    };
    try {
      await embed({ allowedOrigins: [origin] });
      await vi.waitFor(async () => expect((await seenPictures(page)).length).toBeGreaterThan(2), 10_000);
      await embed({});
      await page.waitForFunction(() => document.querySelector("nalive-player")!.state.type === "retrying");
      const said = await page.locator("[part=status]").textContent();
      expect(said).toContain(`lets in no pages of ${origin} (its allowedOrigins)`);
    } finally {
      pages.close();
    }
  });

  it("takes no harm where full screen is forbidden", async () => {
    const server = await serve({ sources: { cam: "test:?size=640x360" } });
    const failures: Error[] = [];
    page.on("pageerror", (error) => failures.push(error));
    await page.goto(server.url);
    await page.setContent(`<iframe src="/watch/cam" allow="fullscreen 'none'"></iframe>`);
    await page.frameLocator("iframe").locator("nalive-player").press("f");
    await sleep(300);
    expect(failures).toEqual([]);
  });

  it("serves live.mp4, which a plain <video> plays", async () => {
    const server = await serve();
    const units = await clipUnits("size=640x360&gop=30&frames=120");
    const publisher = await new Peer(wsUrl(server, "/publish/cam")).open();
    await publishUnits(publisher.ws, units.slice(0, 35), 10);
    await page.goto(`${server.url}/api/openapi.json`);
    await page.setContent(
      `<nalive-player><template shadowrootmode="open"><video part="picture" muted></video></template></nalive-player>`,
    );
    await page.evaluate(() => {
      const { shadowRoot } = document.querySelector("nalive-player") as HTMLElement;
      const video = shadowRoot!.querySelector("video")!;
      video.src = "/streams/cam/live.mp4";
      // With autoplay Chromium gathers some seconds first.
      void video.play();
    });
    await publishUnits(publisher.ws, units.slice(35), 33);
    // A plain <video> stays as far behind as it began: it is waited for.
    const numbers = await vi.waitFor(async () => {
      const numbers = (await seenPictures(page)).map(({ number }) => number!);
      expect(numbers.at(-1)).toBeGreaterThan(90);
      return numbers;
    }, 10_000);
    expect(numbers.length).toBeGreaterThan(30);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it("shows every picture of the groups after the one in which it joined, B pictures too", async () => {
    const server = await serve();
    const units = await clipUnits("size=640x360&gop=60&bframes=2&frames=150");
    const publisher = await new Peer(wsUrl(server, "/publish/cam")).open();
    await publishUnits(publisher.ws, units.slice(0, 16), 33);
    await page.goto(`${server.url}/watch/cam`);
    await publishUnits(publisher.ws, units.slice(16), 33);
    await sleep(500);
    const statistics = await page.evaluate(() => document.querySelector("nalive-player")!.statistics);
    expect(statistics.heldBack, JSON.stringify(statistics)).toBe(0);
    expect(statistics.shown).toBeGreaterThan(90);
  });

  it("by mjpeg keeps the last picture, says that the camera or the server is gone, and goes on in another size", async () => {
    const first = await serve();
    const { port } = new URL(first.url);
    const publish = async (size: string, frames: number) => {
      const { ws } = await new Peer(`ws://127.0.0.1:${port}/publish/cam`).open();
      await publishUnits(ws, await clipUnits(`size=${size}&gop=30&frames=${frames}`), 33);
      return ws;
    };
    const state = (type: string) =>
      page.waitForFunction((type) => document.querySelector("nalive-player")!.state.type === type, type, {
        timeout: 15_000,
      });
    const shape = () => page.evaluate(() => document.querySelector("nalive-player")!.style.aspectRatio);
    const publisher = await publish("640x360", 2);
    await page.goto(`${first.url}/watch/cam`);
    await page.evaluate(() => document.querySelector("nalive-player")!.setAttribute("tier", "mjpeg"));
    await state("live");
    await vi.waitFor(async () => expect((await seenPictures(page)).length).toBeGreaterThan(0), 5000);
    publisher.close();
    await state("waiting");
    expect(await page.locator("[part=status]").textContent()).toMatch(/^The camera is gone: .+ left/);
    const again = await publish("320x240", 10);
    await state("live");
    await vi.waitFor(async () => expect(await shape()).toBe("320 / 240"), 5000);
    await first.stop();
    await state("retrying");
    again.close();
    await serve({ port: Number(port) });
    await publish("640x360", 30);
    await state("live");
    await vi.waitFor(async () => expect(await shape()).toBe("640 / 360"), 5000);
  }, 60_000);

  it.each(["webcodecs", "mse", "mjpeg"])(
    "by %s shows the very last picture when it joins after the publisher has left, and goes on",
    async (tier) => {
      const server = await serve({ publish: { waitMs: 1 } });
      const units = await clipUnits("size=640x360&gop=30&frames=28&bframes=2");
      const url = wsUrl(server, "/publish/cam");
      const first = await new Peer(url).open();
      await publishUnits(first.ws, units, 10);
      first.ws.close();
      await sleep(1500);
      await page.goto(`${server.url}/watch/cam`);
      await page.evaluate(
        (tier) => document.querySelector("nalive-player")!.setAttribute("tier", tier),
        tier,
      );
      await vi.waitFor(async () => expect((await seenPictures(page)).at(-1)?.number).toBe(27), 8000);
      const second = await new Peer(url).open();
      await publishUnits(second.ws, units, 33);
      second.ws.close();
      const again = async () => (await seenPictures(page)).map(({ number }) => number!);
      await vi.waitFor(async () => expect((await again()).lastIndexOf(27)).toBeGreaterThan(3), 8000);
      expect((await again()).at(-1)).toBe(27);
    },
    30_000,
  );

  it("keeps the last picture when the publisher leaves, and goes on when it is back", async () => {
    const server = await serve();
    const units = await clipUnits("size=640x360&gop=30&frames=60");
    const url = wsUrl(server, "/publish/cam");
    const first = await new Peer(url).open();
    await page.goto(`${server.url}/watch/cam`);
    await sleep(500);
    await publishUnits(first.ws, units, 33);
    first.ws.close();
    await page.waitForFunction(() => document.querySelector("nalive-player")!.state.type === "waiting");
    const before = (await seenPictures(page)).at(-1)!.number;
    expect(before).toBe(59);
    const second = await new Peer(url).open();
    await publishUnits(second.ws, units, 33);
    await sleep(500);
    const after = (await seenPictures(page)).map(({ number }) => number!);
    expect(after.lastIndexOf(0)).toBeGreaterThan(after.indexOf(59));
    expect(after.at(-1)).toBe(59);
    expect(await page.evaluate(() => document.querySelector("nalive-player")!.state.type)).toBe("live");
  });
});
