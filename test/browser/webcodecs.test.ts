import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { NalivePlayerElement } from "../../dist/browser/index.js";
import { makeClip } from "../source/kit/clip.js";
import { noChromium } from "./chromium.js";
import { range, size, Watching } from "./watching.js";

const endOfSequence = /Uint8Array\.of\(0, ?0, ?1, ?10\)/;

describe.skipIf(noChromium)("the WebCodecs tier in Chromium", () => {
  const viewer = new Watching();

  it("shows the pictures in order, none held back, and says which tier it uses", async () => {
    const units = await makeClip(`${size}&frames=60&gop=20&bframes=2`);
    await viewer.open();
    await viewer.send(units);
    await viewer.end(500);
    const numbers = await viewer.numbers();
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(await viewer.whole()).toHaveLength(60);
    expect((await viewer.told("tier"))[0]).toMatchObject({ name: "webcodecs" });
  });

  it("shows the newest picture first to who joins in the middle of a long group, and none that is old", async () => {
    const units = await makeClip(`${size}&frames=160&gop=300`);
    for (const unit of units.slice(0, 150)) viewer.relay.publish(unit);
    await sleep(150);
    await viewer.page.goto(viewer.relay.url);
    await viewer.page.waitForFunction(
      () => (window as unknown as { seen: { number: number }[] }).seen.length > 0,
    );
    await viewer.send(units.slice(150));
    await viewer.end();
    const numbers = await viewer.numbers();
    expect(numbers[0]).toBeGreaterThanOrEqual(148);
    expect(numbers.at(-1)).toBe(159);
  });

  it("shows nothing after a gap in the numbers until the next group, and says so", async () => {
    const units = await makeClip(`${size}&frames=60&gop=30`);
    viewer.relay.filter = (_, object) => object !== 10;
    await viewer.open();
    await viewer.send(units);
    await viewer.end();
    expect(await viewer.whole()).toEqual([...range(0, 10), ...range(30, 40)]);
    const held = await viewer.told("held");
    expect(held[0]!.detail).toContain("something before it did not come");
  });

  it("goes on when the connection was lost, and shows no picture twice", async () => {
    const units = await makeClip(`${size}&frames=90&gop=30`);
    await viewer.open();
    await viewer.send(units.slice(0, 40));
    viewer.relay.disconnect();
    await viewer.send(units.slice(40));
    await viewer.end();
    const states = (await viewer.told("state")).map(({ state }) => state);
    expect(states).toEqual(["connecting", "live", "retrying", "connecting", "live"]);
    const numbers = await viewer.numbers();
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(89);
  });

  it("follows a publisher that comes back with another picture size", async () => {
    await viewer.open();
    await viewer.send(await makeClip(`${size}&frames=20`));
    await viewer.send(await makeClip("size=320x180&frames=20"));
    await viewer.end();
    expect(await viewer.whole()).toHaveLength(40);
    const shape = await viewer.page.evaluate(() => {
      const player = document.querySelector("nalive-player")!;
      const canvas = player.shadowRoot!.querySelector("canvas")!;
      return [canvas.width, canvas.height];
    });
    expect(shape).toEqual([320, 180]);
  });

  it("holds nothing and asks for nothing while nobody looks, and comes back at the live edge", async () => {
    const units = await makeClip(`${size}&frames=120&gop=60`);
    await viewer.open();
    await viewer.send(units.slice(0, 20));
    await viewer.page.evaluate(() =>
      (document.querySelector("nalive-player") as NalivePlayerElement).pause(),
    );
    await viewer.send(units.slice(20, 80), 10);
    expect(viewer.relay.viewers.size).toBe(0);
    await viewer.page.evaluate(() => (document.querySelector("nalive-player") as NalivePlayerElement).play());
    await viewer.connected();
    await viewer.send(units.slice(80));
    await viewer.end();
    const numbers = await viewer.numbers();
    expect(numbers.filter((number) => number > 20 && number < 78)).toEqual([]);
    expect(numbers.at(-1)).toBe(119);
  });

  it("acknowledges what it received, and asks for the clock", async () => {
    const units = await makeClip(`${size}&frames=20`);
    await viewer.open();
    await viewer.send(units);
    await viewer.end();
    const acknowledged = viewer.relay.heard.filter(({ type }) => type === "ack");
    expect(acknowledged.at(-1)).toEqual({ type: "ack", epoch: 0, group: 0, object: 19 });
    expect(acknowledged.length).toBeLessThan(12);
    expect(viewer.relay.heard.some(({ type }) => type === "clock")).toBe(true);
  });

  it("shows pictures that come in bunches evenly when it is asked to", async () => {
    const units = await makeClip(`${size}&frames=120&gop=60`);
    await viewer.page.goto(viewer.relay.url);
    await viewer.page.evaluate(() => document.querySelector("nalive-player")!.setAttribute("pace", "smooth"));
    await sleep(500);
    for (let at = 0; at < units.length; at += 2) {
      for (const unit of units.slice(at, at + 2)) viewer.relay.publish(unit);
      await sleep(66);
    }
    await viewer.end(600);
    const numbers = await viewer.numbers();
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length).toBeGreaterThan(50);
  });

  it("stops and goes on by the keyboard, and says so to those who do not see it", async () => {
    const units = await makeClip(`${size}&frames=30`);
    await viewer.open();
    await viewer.send(units);
    const player = viewer.page.locator("nalive-player");
    const status = viewer.page.getByRole("status");
    await player.focus();
    await viewer.page.keyboard.press("k");
    await viewer.page.waitForFunction(() => document.querySelector("nalive-player")!.state.type === "paused");
    expect(await status.textContent()).toBe("Paused");
    expect(viewer.relay.viewers.size).toBe(0);
    await viewer.page.keyboard.press(" ");
    await viewer.connected();
    await viewer.page.waitForFunction(() => document.querySelector("nalive-player")!.state.type === "live");
    expect(await viewer.page.getByRole("group", { name: "Live picture" }).count()).toBe(1);
  });

  it("shows the pictures in order where the decoder cannot be asked for them", async () => {
    // An access unit delimiter in place of the end of sequence: the decoder outputs nothing for it.
    viewer.relay.rewritePlayer = (code) => code.replace(endOfSequence, "Uint8Array.of(0,0,1,9,16)");
    const units = await makeClip(`${size}&frames=60&gop=20&bframes=2`);
    await viewer.open();
    await viewer.send(units);
    await viewer.end(500);
    const tier = (await viewer.told("tier"))[0];
    expect(tier!.why).toContain("outputs in its own order");
    const numbers = await viewer.numbers();
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    // The decoder keeps the last ones, of which it cannot know that no other comes.
    expect((await viewer.whole()).length).toBeGreaterThanOrEqual(57);
  });
});
