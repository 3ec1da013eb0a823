import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { concat } from "../support/bytes.js";
import {
  block,
  clip,
  connected,
  LiveDecoder,
  listening,
  look,
  readNumber,
  reference,
  type Seen,
  smallWithB,
} from "./stream-kit.js";

/** More at once than can be decoded in `maxLagMs`. */
const flood = 25;
const maxLagMs = 400;
const ladder = "size=640x360&frames=60&gop=30&bframes=2&bitrate=4M";

describe("a stream that comes faster than it can be decoded", () => {
  it.each(["newest", "keep-up"] as const)(
    "is shown in part, never torn, and whole again one group of pictures later (%s)",
    async (delivery) => {
      const source = await clip(ladder);
      const expected = await reference(source);
      const { stream, port } = await listening("tcp://127.0.0.1:0?listen", { delivery, maxLagMs });
      const socket = await connected(port);
      const seen: (Seen & { unfiltered: boolean })[] = [];
      const looking = (async () => {
        for await (const frame of stream)
          seen.push({ ...look(frame), unfiltered: frame.provenance.unfiltered });
      })();

      for (let round = 0; round < flood; round++) socket.write(source.bytes);
      let loaded = await stream.statistics();
      while (loaded!.waiting > 0 || loaded!.accessUnits < flood * 60 - 1) {
        await delay(20);
        loaded = await stream.statistics();
      }
      const { nonReference, beforeJump, untilRandomAccess } = loaded!.leftOut;
      expect(nonReference + beforeJump).toBeGreaterThan(0);
      expect(loaded!.droppedLate).toBe(nonReference + beforeJump + untilRandomAccess);
      expect(seen.length).toBeGreaterThan(0);

      const { length } = seen;
      for (const unit of source.units) {
        socket.write(unit);
        await delay(25);
      }
      socket.end();
      while (seen.at(-1)!.number !== 59) await delay(20);
      await stream.close();
      await looking;

      for (const { number, md5 } of seen) expect(md5).toBe(expected[number]);
      const after = seen.slice(length).filter(({ number }) => number >= 30);
      // Two that are given out together are one too many for a loop that takes the newest.
      const fewest = delivery === "newest" ? 10 : 30;
      expect(new Set(after.map(({ number }) => number)).size).toBeGreaterThanOrEqual(fewest);
      expect(after.every(({ unfiltered }) => !unfiltered)).toBe(true);
      const end = await stream.statistics();
      expect(end!.leftOut).toEqual({ ...loaded!.leftOut, conversions: expect.any(Number) });
    },
  );
});

describe("a program that blocks its thread for long", () => {
  // It blocks for long enough to decode all that came; on a machine with other work to do, longer.
  it("is sent no more than it may have to read, and gets the newest picture when it is back", {
    retry: 2,
  }, async () => {
    const { units } = await clip("size=128x96&frames=600&gop=30&bitrate=200k");
    const decoder = new LiveDecoder({ maxLagMs: 100_000 });
    const frames = decoder[Symbol.asyncIterator]();
    decoder.write(concat(...units.slice(0, 2)));
    const numbers = [readNumber((await frames.next()).value)];
    decoder.write(concat(...units.slice(2)));
    block(3000);
    while (numbers.at(-1) !== 599) numbers.push(readNumber((await frames.next()).value));
    const { leftOut } = (await decoder.statistics())!;
    expect(leftOut.conversions).toBeGreaterThan(250);
    expect(numbers.length).toBeLessThan(40);
    await decoder.close();
  });

  it("still gets every picture with delivery `every`, however many messages wait", async () => {
    const { bytes } = await clip(smallWithB);
    const decoder = new LiveDecoder({ delivery: "every" });
    for (let at = 0; at < bytes.length; at++) decoder.write(bytes.subarray(at, at + 1));
    decoder.end();
    block(300);
    let count = 0;
    for await (const _ of decoder) count++;
    expect(count).toBe(31);
  });

  it("gets the newest picture although only answers to its writes wait in its turn", async () => {
    const { bytes } = await clip(smallWithB);
    const decoder = new LiveDecoder({ delivery: "newest" });
    for (let at = 0; at < bytes.length; at++) decoder.write(bytes.subarray(at, at + 1));
    block(300);
    decoder.end();
    let last = -1;
    for await (const frame of decoder) last = readNumber(frame);
    expect(last).toBe(30);
  });
});
