import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunningServer } from "../../dist/node/serve/index.js";
import { serve, wsUrl } from "../serve/serve-kit.js";
import { launchChromium, noChromium, seenPictures, watchPictures } from "./chromium.js";

const width = 640;

describe.skipIf(noChromium)("a page with a Content-Security-Policy, in Chromium", () => {
  let browser: Browser;
  let page: Page;
  let pages: Server;
  let server: RunningServer;
  let policy: string;
  let source: string;
  let attributes: string;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    pages = createServer(async ({ url }, response) => {
      const { pathname } = new URL(url!, "http://page");
      if (pathname === "/") {
        response.setHeader("Content-Security-Policy", policy);
        response.setHeader("Content-Type", "text/html").end(`<script type="module" src="/player.js"></script>
<script type="module" src="/listen.js"></script><nalive-player src="${source}" ${attributes}></nalive-player>`);
      } else {
        response.setHeader("Content-Type", "text/javascript");
        if (pathname === "/listen.js") response.end(listen);
        else if (pathname === "/nowhere.js") response.writeHead(404).end();
        else response.end(await (await fetch(server.url + pathname)).text());
      }
    });
    await once(pages.listen(0, "127.0.0.1"), "listening");
    const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    server = await serve({ allowedOrigins: [origin], sources: { cam: "test:?size=640x360" } });
    source = wsUrl(server, "/streams/cam/ws");
    attributes = "";
    page = await browser.newPage();
    await watchPictures(page, width);
    open = async (directives) => {
      policy = `default-src 'self'; ${directives}`;
      await page.goto(origin);
    };
  });
  afterEach(async () => {
    await page.close();
    pages.close();
  });

  /** Added after the element has begun, as the script of a real page. */
  const listen = `window.errors = [];
    document.querySelector("nalive-player").addEventListener("error", (event) => errors.push(event.detail.reason));`;
  let open: (directives: string) => Promise<void>;

  const shows = () =>
    vi.waitFor(async () => expect((await seenPictures(page)).length).toBeGreaterThan(2), 10_000);
  const tier = () => page.evaluate(() => document.querySelector("nalive-player")!.tierInUse!);
  const errors = () => page.evaluate(() => (window as unknown as { errors: string[] }).errors);
  const connect = () => `connect-src ${server.url} ${server.url.replace("http", "ws")}`;

  it("that allows no blob: shows JPEGs, and is told what the better tiers lack", async () => {
    await open(connect());
    await shows();
    const { name, why } = await tier();
    expect(name).toBe("mjpeg");
    expect(why).toContain("worker-src blob:");
    expect(why).toContain("media-src blob:");
    // The style applies although no inline style is allowed.
    const position = () =>
      getComputedStyle(document.querySelector("nalive-player")!.shadowRoot!.querySelector("canvas")!)
        .position;
    expect(await page.evaluate(position)).toBe("absolute");
  });

  it("uses WebCodecs with a worker from a file of its own", async () => {
    attributes = `worker="/player-worker.js"`;
    await open(connect());
    await shows();
    expect(await tier()).toMatchObject({ name: "webcodecs" });
  });

  it("is told when the file of the worker is not there", async () => {
    attributes = `worker="/nowhere.js"`;
    await open(`${connect()}; media-src blob:`);
    await shows();
    expect(await tier()).toMatchObject({ name: "mse" });
    expect((await tier()).why).toContain("the player's worker was not loaded from /nowhere.js");
  });

  it("that allows no WebSocket shows JPEGs, and is told which address to allow", async () => {
    await open(`connect-src ${server.url}; worker-src blob:; media-src blob:`);
    await shows();
    const { name, why } = await tier();
    expect(name).toBe("mjpeg");
    expect(why).toContain(`add ${server.url.replace("http", "ws")} to its connect-src`);
  });

  it("that allows no connection gets an error that names each address", async () => {
    await open("worker-src blob:; media-src blob:");
    await vi.waitFor(async () => expect(await errors()).toHaveLength(1), 5000);
    const [reason] = await errors();
    for (const origin of [server.url, server.url.replace("http", "ws")])
      expect(reason).toContain(`add ${origin} to its connect-src`);
  });

  it("gets an error at once for an address that no browser opens, also when it listens later", async () => {
    source = "rtsp://admin:secret@10.0.0.2:554/live";
    await open(connect());
    await vi.waitFor(async () => expect(await errors()).toHaveLength(1), 1000);
    const [reason] = await errors();
    expect(reason).toContain("A browser cannot open rtsp:// addresses: let the server fetch the stream");
    expect(await page.evaluate(() => document.querySelector("nalive-player")!.error)).toEqual({ reason });
    expect(await page.locator("[part=status]").textContent()).toBe(`No picture: ${reason}`);
    expect(reason).not.toContain("secret");
  });
});
