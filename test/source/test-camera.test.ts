import { describe, expect, it } from "vitest";
import { numberBlockSize, TestPicture } from "../../src/node/source/test-camera/test-picture.js";
import { openSource } from "./kit/built.js";
import { makeClip, nalTypes } from "./kit/clip.js";
import { startSource } from "./kit/open-sources.js";

describe("test camera", () => {
  it("sends one access unit per chunk: an IDR picture every gop, as many slices as asked", async () => {
    const units = await makeClip("size=320x180&frames=25&gop=10&slices=3");
    expect(units).toHaveLength(25);
    for (const [number, unit] of units.entries()) {
      const types = nalTypes(unit);
      const idr = number % 10 === 0;
      expect(types.filter((type) => type === 5 || type === 1)).toEqual(Array(3).fill(idr ? 5 : 1));
      expect(types.includes(7) && types.includes(8)).toBe(idr);
    }
  });

  it("sends every picture, with B pictures too", async () => {
    const units = await makeClip("size=320x180&frames=25&gop=12&bframes=2");
    expect(units).toHaveLength(25);
    const disposable = units.filter((unit) => (unit[4]! & 0x60) === 0);
    expect(disposable.length).toBeGreaterThan(5);
  });

  it("sends in real time until it is stopped", async () => {
    const { source, sink } = startSource("test:?size=64x64&fps=50", {}, openSource);
    expect(source.kind).toBe("live");
    await sink.until(() => (sink.sessions[0]?.chunks.length ?? 0) >= 26);
    const times = sink.sessions[0]!.chunks.map(({ receivedAt }) => receivedAt);
    // 25 intervals of 20 ms. The first picture may be late, because the encoder warms up.
    expect((times[25]! - times[0]!) / 1000).toBeGreaterThan(420);
    expect((times[25]! - times[0]!) / 1000).toBeLessThan(700);
    await source.stop();
    expect(sink.closed).toEqual({ reason: undefined });
  });

  it("without pace waits while it is paused", async () => {
    const { source, sink } = startSource("test:?size=64x64&frames=200&pace=false", {}, openSource);
    expect(source.kind).toBe("file");
    await sink.until(() => sink.sessions[0]?.chunks.length === 5);
    source.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sink.sessions[0]!.chunks.length).toBeLessThan(40);
    source.resume();
    expect(await sink.closeReason()).toBeUndefined();
    expect(sink.sessions[0]!.chunks).toHaveLength(200);
  });

  it("draws the picture's number as blocks, most significant bit first", () => {
    const [width, height, number] = [640, 360, 0b1011_0000_1111_0000_1010_0101];
    const planes = {
      y: new Uint8Array(width * height),
      u: new Uint8Array((width * height) / 4),
      v: new Uint8Array((width * height) / 4),
      yStride: width,
      uvStride: width / 2,
    };
    new TestPicture(width, height, 1).draw(planes, number, 1.5, "12:34:56.789");
    const side = numberBlockSize(width);
    let read = 0;
    for (let bit = 0; bit < 24; bit++)
      read = read * 2 + (planes.y[(side / 2) * width + bit * side + side / 2]! > 128 ? 1 : 0);
    expect(read).toBe(number);
  });
});
