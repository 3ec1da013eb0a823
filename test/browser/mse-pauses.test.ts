import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { makeClip } from "../source/kit/clip.js";
import { encodeTestPictures } from "../support/h264/x264.js";
import { noChromium, seenPictures } from "./chromium.js";
import { size, Watching } from "./watching.js";

describe.skipIf(noChromium)("the MSE tier in Chromium", { timeout: 60_000 }, () => {
  const viewer = new Watching("lan");

  /** How long after it was sent each picture was seen, by its number, ms. */
  async function delays(sentAt: readonly number[], first = 0): Promise<Map<number, number>> {
    const seen = await seenPictures(viewer.page);
    return new Map(seen.map(({ number, at }) => [number!, at - sentAt[number! - first]!]));
  }

  const tiers = async () => (await viewer.told("tier")).map(({ name }) => name);

  it("plays on where only the first picture is an IDR picture, however often nothing comes for a while", async () => {
    const units = await makeClip(`${size}&frames=160&gop=9999`);
    await viewer.open();
    const sentAt: number[] = [];
    for (let burst = 0; burst < 4; burst++) {
      sentAt.push(...(await viewer.send(units.slice(burst * 40, burst * 40 + 40))));
      await sleep(burst === 1 ? 3000 : 700);
    }
    const all = await delays(sentAt);
    for (const last of [39, 79, 119, 159]) expect(all.get(last), `${last}`).toBeLessThan(400);
    expect(all.size).toBeGreaterThan(100);
    expect(await tiers()).toEqual(["mse"]);
  });

  it("plays on in a group of pictures that is longer than what the browser keeps", async () => {
    const units = await makeClip(`${size}&frames=420&gop=9999`);
    await viewer.open();
    const sentAt = await viewer.send(units, 31);
    await sleep(300);
    const late = [...(await delays(sentAt))].filter(([number]) => number > 380);
    expect(late.length).toBeGreaterThan(20);
    expect(late[late.length >> 1]![1]).toBeLessThan(300);
  });

  for (const everyMs of [1000, 333]) {
    it(`shows a picture that comes every ${everyMs} ms when it comes`, async () => {
      const units = await makeClip(`${size}&frames=24&gop=9999`);
      await viewer.open();
      await viewer.send(units.slice(0, 4), 33);
      const sentAt = await viewer.send(units.slice(4, everyMs === 1000 ? 12 : 24), everyMs);
      const shown = [...(await delays(sentAt, 4))].filter(([number]) => number >= 4);
      // On a busy machine Chromium may leave one out.
      expect(shown.length).toBeGreaterThanOrEqual(sentAt.length - 1);
      const sorted = shown.map(([, delay]) => delay).sort((a, b) => a - b);
      expect(sorted.at(-2)).toBeLessThan(200);
    });
  }

  for (const [kind, parameters] of [
    ["open groups", "keyint=30:min-keyint=30:scenecut=0:open-gop=1:bframes=2:b-adapt=0"],
    ["gradual refresh", "keyint=30:intra-refresh=1:bframes=0"],
  ] as const) {
    it(`lets the next tier try within seconds when it joins a stream of ${kind}`, async () => {
      const settings = { width: 640, height: 360, preset: "ultrafast", tune: "zerolatency" };
      const units = encodeTestPictures({ ...settings, pictures: 200, parameters });
      for (const unit of units.slice(0, 70)) viewer.relay.publish(unit);
      await viewer.open();
      await viewer.send(units.slice(70), 33);
      expect(await tiers()).toContain("mjpeg");
    });
  }
});
