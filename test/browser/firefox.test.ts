import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { why } from "../cli/run-cli.js";
import { clipUnits, Peer, publishUnits, serve, sleep, wsUrl } from "../serve/serve-kit.js";
import { type SeenPicture, watchPictures } from "./chromium.js";
import { Firefox, noFirefox } from "./firefox.js";

const width = 640;

describe.skipIf(noFirefox)(
  `a player in Firefox and \`nalive serve\`${why(noFirefox)}`,
  { timeout: 60_000 },
  () => {
    let firefox: Firefox;
    beforeAll(async () => {
      firefox = await Firefox.launch();
      await watchPictures(firefox, width);
    }, 60_000);
    afterAll(() => firefox?.close());

    const seen = async () => {
      const pictures = await firefox.evaluate(() => (window as unknown as { seen: SeenPicture[] }).seen);
      return pictures.flatMap(({ number }) => number ?? []);
    };

    it.each([
      ["webcodecs", "P pictures", ""],
      ["webcodecs", "B pictures", "&bframes=2"],
      ["mse", "P pictures", ""],
      ["mse", "B pictures", "&bframes=2"],
      ["mjpeg", "P pictures", ""],
    ])("shows by %s a stream of %s, in order, as it comes", async (tier, _, options) => {
      const server = await serve();
      const units = await clipUnits(`size=640x360&gop=30&frames=150${options}`);
      const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
      // Of two B pictures the second: all that there is can be shown.
      await publishUnits(ws, units.slice(0, 4));
      await firefox.goto(`${server.url}/watch/cam`);
      await firefox.evaluate(
        (name) => document.querySelector("nalive-player")!.setAttribute("tier", name),
        tier,
      );
      await vi.waitFor(async () => expect((await seen()).length).toBeGreaterThan(0), 20_000);
      await firefox.evaluate(() => {
        let seeks = 0;
        const { shadowRoot } = document.querySelector("nalive-player")!;
        shadowRoot!.querySelector("video")?.addEventListener("seeking", () => seeks++);
        Object.assign(window, { seeks: () => seeks });
      });
      await publishUnits(ws, units.slice(4), 33);
      // The last one may wait for one that follows.
      await vi.waitFor(async () => expect((await seen()).at(-1)).toBeGreaterThan(145), 2000);
      const numbers = await seen();
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      // Firefox draws a part of them, fewer on a busy machine; if it jumps at each, it draws two.
      expect(numbers.length).toBeGreaterThan(12);
      // Firefox reports a gap before each of about 50 pictures that others precede in output order:
      // no reason to jump. A busy machine may be one.
      expect(await firefox.evaluate(() => (window as unknown as { seeks(): number }).seeks())).toBeLessThan(
        10,
      );
      const { tierInUse } = await firefox.evaluate(() => {
        const { tierInUse } = document.querySelector("nalive-player")!;
        return { tierInUse };
      });
      expect(tierInUse).toMatchObject({ name: tier });
      ws.close();
    });

    it("shows by mse each picture when it comes, however long nothing came before it", async () => {
      const server = await serve();
      const units = await clipUnits("size=640x360&gop=9999&frames=60");
      const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
      await publishUnits(ws, units.slice(0, 10));
      await firefox.goto(`${server.url}/watch/cam`);
      await firefox.evaluate(() => document.querySelector("nalive-player")!.setAttribute("tier", "mse"));
      await vi.waitFor(async () => expect((await seen()).length).toBeGreaterThan(0), 20_000);
      await publishUnits(ws, units.slice(10, 40), 33);
      const last: (number | undefined)[] = [];
      const came: number[] = [];
      for (const [index, unit] of units.slice(40).entries()) {
        await publishUnits(ws, [unit]);
        await sleep(index === 10 ? 3000 : 400);
        last.push((await seen()).at(-1));
        came.push(40 + index);
      }
      expect(last).toEqual(came);
      ws.close();
    });
  },
);
