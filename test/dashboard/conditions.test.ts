import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noChromium, seenPictures, watchPictures } from "../browser/chromium.js";
import { why } from "../cli/run-cli.js";
import { clipUnits, freePort, get, Peer, publishUnits, serve, sleep, wsUrl } from "../serve/serve-kit.js";
import { makeClip } from "../source/kit/clip.js";
import { camera, pagesInChromium, publishLooped, until, width } from "./dashboard-kit.js";

describe.skipIf(noChromium)(`the dashboard says${why(noChromium)}`, { timeout: 60_000 }, () => {
  const open = pagesInChromium();
  const condition = (page: Page) => page.locator(".tile").getAttribute("data-condition");

  it("that nothing comes, and for how long; the last picture and its figures are grey", async () => {
    const server = await serve();
    const units = await makeClip("size=640x360&gop=30&frames=30");
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    const page = await open(server.url);
    await publishUnits(ws, units, 33);
    await page.waitForSelector('.tile[data-condition="silent"]');
    await page.waitForSelector("text=/nothing for \\d+ s/");
    await page.waitForSelector("text=/Nothing has come from the camera since \\d\\d:\\d\\d:\\d\\d/");
    expect(await page.textContent(".summary")).toBe("1 stream · 1 silent");
    await page.click(".tile");
    await page.waitForSelector(".now.stale");
    expect(await page.textContent(".now .mark")).toBe("silent");
    await page.waitForSelector("text=/nothing has come for \\d+ s/");
    await publishUnits(ws, units, 33);
    expect(await page.locator(".stale").count()).toBe(0);
    expect(await page.textContent(".event-list")).toContain("Live again after");
  });

  it("that a camera at half a picture a second is live, always", async () => {
    const server = await serve();
    const units = await clipUnits("size=640x360&gop=2&frames=10");
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    const publishing = publishUnits(ws, units, 2000);
    const page = await open(server.url);
    await sleep(5000);
    const conditions = new Set<string | null>();
    for (let look = 0; look < 50; look++) {
      conditions.add(await condition(page));
      await sleep(200);
    }
    expect([...conditions]).toEqual(["live"]);
    expect(await page.textContent(".tile-delay")).toMatch(/^\d+(\.\d)? ms$/);
    ws.close();
    await publishing;
  });

  it("in a black tile what it waits for", async () => {
    const port = await freePort();
    const server = await serve({ sources: { cam: `tcp://127.0.0.1:${port}` } });
    const page = await open(server.url);
    await page.waitForSelector(`.tile >> text=Nothing listens on 127.0.0.1:${port} (connection refused)`);
    await page.waitForSelector("text=/waiting for \\d+ s/");
  });

  it("that a stream is recorded, also when something else is to be said", async () => {
    const server = await serve({ recording: { always: ["*"] } });
    await publishLooped(server, (number) => number % 60 !== 40);
    const page = await open(server.url);
    await until(async () => (await condition(page)) === "damaged");
    expect(await page.textContent(".tile-note")).toBe("damaged");
    expect(await page.locator(".tile-recording").isVisible()).toBe(true);
  });

  it("which streams are gone, until somebody dismisses them; their recordings stay", async () => {
    const server = await serve({ recording: { always: ["*"] }, publish: { waitMs: 500 } });
    const publisher = await publishLooped(server, () => true);
    await sleep(2000);
    publisher.stop();
    const page = await open(server.url, { before: (page) => watchPictures(page, width) });
    await page.waitForSelector('.tile[data-condition="gone"]');
    await until(async () => (await seenPictures(page)).length > 0);
    await page.click('[aria-label="Dismiss cam"]');
    await page.waitForSelector("text=No streams yet");
    await page.click("text=Recordings >> nth=0");
    await page.waitForSelector(".recordings-list li");
    expect(await page.textContent(".recording-stream")).toBe("cam");
    await page.click("text=Play");
    await until(() => page.$eval("dialog video", (video) => (video as HTMLVideoElement).currentTime > 0.1));
    await page.click('[aria-label="Close"]');
    page.on("dialog", (dialog) => void dialog.accept());
    await page.click('[aria-label^="Delete"]');
    await page.waitForSelector("text=None yet");
  });
});

describe.skipIf(noChromium)(`tokens and the dashboard${why(noChromium)}`, { timeout: 60_000 }, () => {
  const open = pagesInChromium();
  const tokens = { view: { token: "view-secret" }, publish: { token: "publish-secret" } };

  it("offers only what the token may do, and takes another token", async () => {
    const server = await serve({ sources: { cam: camera }, ...tokens });
    const page = await open(`${server.url}/streams/cam?token=view-secret`);
    await page.waitForSelector(".head >> text=Token");
    await page.waitForSelector(".actions >> text=Snapshot");
    expect(await page.locator(".record").isVisible()).toBe(false);
    await page.click(".head >> text=Token");
    await page.fill("dialog input", "publish-secret");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".record");
    expect(await page.locator(".record").isVisible()).toBe(true);
    expect(await page.locator(".head >> text=Token").count()).toBe(0);
  });

  it("/watch asks for the token", async () => {
    const server = await serve({ sources: { cam: camera }, ...tokens });
    const page = await open(`${server.url}/watch/cam`, {
      before: (page) => watchPictures(page, width),
    });
    for (const [said, token] of [
      ["A viewing token is needed", "wrong-secret"],
      ["The token is wrong", "view-secret"],
    ] as const) {
      await page.waitForSelector(`text=${said}`);
      await page.fill("input", token);
      await page.click("text=Watch");
    }
    await until(async () => (await seenPictures(page)).length > 3);
  });

  it("a page that is nowhere is a page for people, and JSON for programs", async () => {
    const server = await serve();
    const page = await open(`${server.url}/no/where`);
    await page.click("text=All streams");
    await page.waitForSelector("text=No streams yet");
    const { status, headers } = await get(server, "/no/where", { headers: { Accept: "text/html,*/*" } });
    expect([status, headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
    expect(JSON.parse((await get(server, "/no/where")).text).code).toBe("NALIVE_NO_SUCH_ADDRESS");
    const api = await get(server, "/api/nothing", { headers: { Accept: "text/html" } });
    expect(JSON.parse(api.text).message).toContain("No such address");
  });
});
