import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { clipUnits, get, Peer, serve, sleep, wsUrl } from "../serve/serve-kit.js";
import { noChromium, type SeenPicture, watchPictures } from "./chromium.js";
import { type Tab, TabbedChromium } from "./tab.js";

const width = 640;
const interval = 33;

type Server = Awaited<ReturnType<typeof serve>>;

/**
 * Publishes pictures at their rate, for longer than a test takes on a busy machine. A page that
 * comes back decodes the group that it comes back to, which takes seconds there when the group is
 * long.
 * @returns the number of the newest picture that was sent
 */
async function publish(server: Server) {
  const units = await clipUnits("size=640x360&gop=60&frames=1500");
  const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
  let sent = 0;
  const timer = setInterval(() => ws.send(units[sent++]!), interval);
  onTestFinished(() => clearInterval(timer));
  return { newest: () => sent - 1 };
}

const viewersOf = async (server: Server): Promise<number> =>
  JSON.parse((await get(server, "/api/streams/cam")).text).viewers;

describe.skipIf(noChromium)("a player in a tab that others hide", () => {
  let browser: TabbedChromium;
  let tab: Tab;
  beforeAll(async () => {
    browser = await TabbedChromium.launch();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    tab = await browser.open();
    await watchPictures(tab, width);
  });
  const seen = () => tab.evaluate(() => (window as unknown as { seen: SeenPicture[] }).seen);
  const numbers = async () => (await seen()).flatMap(({ number }) => number ?? []);

  it.each(["webcodecs", "mse", "mjpeg"])(
    "by %s leaves the server alone, and comes back at the live edge",
    async (tier) => {
      const server = await serve();
      const publisher = await publish(server);
      await tab.goto(`${server.url}/watch/cam`);
      await tab.evaluate((name) => document.querySelector("nalive-player")!.setAttribute("tier", name), tier);
      await vi.waitFor(async () => expect((await numbers()).length).toBeGreaterThan(10), 10_000);

      const other = await browser.open();
      expect(await tab.evaluate(() => document.visibilityState)).toBe("hidden");
      await vi.waitFor(async () => expect(await viewersOf(server)).toBe(0), 10_000);
      const last = publisher.newest();
      await sleep(2000);
      const [count, before] = [(await numbers()).length, publisher.newest()];

      await tab.show();
      await vi.waitFor(async () => expect((await numbers()).length).toBeGreaterThan(count + 10), 20_000);
      const all = await numbers();
      // What it had been given before may be played to its end, and nothing between that and the
      // live edge.
      const shown = all.slice(count).filter((number) => number > last);
      expect(Math.min(...shown)).toBeGreaterThanOrEqual(before);
      expect(all).toEqual([...all].sort((a, b) => a - b));
      expect(publisher.newest() - shown.at(-1)!).toBeLessThan(30);
      await other.close();
    },
    40_000,
  );

  it("asks for nothing before it is seen for the first time", async () => {
    const server = await serve();
    await publish(server);
    const other = await browser.open();
    await tab.goto(`${server.url}/watch/cam`);
    await sleep(1500);
    expect(await viewersOf(server)).toBe(0);
    await tab.show();
    await vi.waitFor(async () => expect((await numbers()).length).toBeGreaterThan(10), 10_000);
    await other.close();
  });
});
