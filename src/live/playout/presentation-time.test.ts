import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accessUnit } from "../../../test/support/h264/access-units.js";
import { microseconds } from "../../core/time.js";
import { PresentationTime } from "./presentation-time.js";

/** A picture that arrived at `ms`. */
const picture = (pictureOrderCount: number, ms: number, rate: number | undefined = 25, epoch = 0) => {
  const unit = accessUnit({
    epoch,
    lastByteAt: microseconds(ms * 1000),
    picture: { pictureOrderCount },
    format: rate === 0 ? {} : { pictureRate: rate },
  });
  return { unit, lastUnit: unit };
};
/** Two fields, of which the second arrived at `ms`. */
const fields = (firstCount: number, secondCount: number, ms: number) => ({
  unit: picture(firstCount, ms - 20).unit,
  lastUnit: picture(secondCount, ms).unit,
});

describe("PresentationTime", () => {
  it("always rises, whatever arrives when, in what order and from which sender", () => {
    const pictures = fc.array(
      fc.record({
        count: fc.integer({ min: 0, max: 60 }),
        waitMs: fc.constantFrom(0, 0, 1, 33, 700),
        rate: fc.constantFrom(0, 25, 240),
        sender: fc.constantFrom(0, 0, 0, 1),
      }),
      { minLength: 2, maxLength: 100 },
    );
    fc.assert(
      fc.property(fc.boolean(), pictures, (isLive, sent) => {
        const time = new PresentationTime(isLive);
        let [ms, epoch] = [1000, 0];
        let previous = Number.NEGATIVE_INFINITY;
        for (const { count, waitMs, rate, sender } of sent) {
          ms += waitMs;
          epoch += sender;
          const next = time.next(picture(count, ms, rate, epoch));
          expect(next).toBeGreaterThan(previous);
          previous = next;
        }
      }),
    );
  });
});

describe("PresentationTime of a live stream", () => {
  it("does not go back in a burst of more than half a second, and matches arrival afterwards", () => {
    const time = new PresentationTime(true);
    const burst = Array.from({ length: 60 }, (_, index) => time.next(picture(2 * index, 1000)));
    expect(burst).toEqual([...burst].sort((a, b) => a - b));
    expect(burst.at(-1)).toBeLessThan(1_550_000);
    const after = Array.from({ length: 60 }, (_, index) =>
      time.next(picture(120 + 2 * index, 1040 + 40 * index)),
    );
    expect(after.at(-1)! - (1040 + 40 * 59) * 1000).toBeLessThan(500_000);
  });

  it("does not go back if the SPS states no rate and B pictures arrive after those that they precede", () => {
    const time = new PresentationTime(true);
    const outputOrder = [picture(0, 0, 0), picture(2, 120, 0), picture(4, 40, 0), picture(6, 160, 0)];
    expect(outputOrder.map((each) => time.next(each))).toEqual([0, 120_000, 120_001, 160_000]);
  });

  it("is the arrival time if the SPS states no rate", () => {
    const time = new PresentationTime(true);
    expect([100, 137, 190].map((ms, index) => time.next(picture(2 * index, ms, 0)))).toEqual([
      100_000, 137_000, 190_000,
    ]);
  });

  it("smooths the jitter of arrival", () => {
    const time = new PresentationTime(true);
    let previous = time.next(picture(0, 1000));
    for (let index = 1; index < 200; index++) {
      const next = time.next(picture(2 * index, 1000 + 40 * index + ((index * 37) % 20) - 10));
      expect(Math.abs(next - previous - 40_000)).toBeLessThan(500);
      previous = next;
    }
  });

  it("follows a sender's clock that differs slightly from ours", () => {
    const time = new PresentationTime(true);
    let last = 0;
    for (let index = 0; index < 5000; index++) last = time.next(picture(2 * index, index * 40.02));
    expect(Math.abs(last - 4999 * 40_020)).toBeLessThan(5000);
  });

  it("advances by the order count over pictures that were left out", () => {
    const time = new PresentationTime(true);
    time.next(picture(0, 0));
    expect(time.next(picture(2, 40))).toBe(40_000);
    expect(time.next(picture(10, 200))).toBe(200_000);
  });

  it("advances by one picture if neighbours' order counts differ by one", () => {
    const time = new PresentationTime(true);
    time.next(picture(0, 0));
    expect(time.next(picture(1, 40))).toBe(40_000);
    expect(time.next(picture(3, 120))).toBe(120_000);
  });

  it("treats two fields as one picture that arrives with the second, whichever is on top", () => {
    const time = new PresentationTime(true);
    const pictures = [picture(0, 0), fields(2, 3, 40), fields(5, 4, 80), picture(6, 120), fields(8, 9, 160)];
    expect(pictures.map((each) => time.next(each))).toEqual([0, 40_000, 80_000, 120_000, 160_000]);
  });

  it("advances by one picture at an IDR picture, where order counts start again", () => {
    const time = new PresentationTime(true);
    time.next(picture(58, 0));
    expect(time.next(picture(0, 40))).toBe(40_000);
  });

  it("starts again after a pause, and with the next sender", () => {
    const time = new PresentationTime(true);
    time.next(picture(0, 0));
    expect(time.next(picture(2, 5000))).toBe(5_000_000);
    expect(time.next(picture(4, 5001, 25, 1))).toBe(5_001_000);
  });
});

describe("PresentationTime of a file", () => {
  it("follows the rate alone, because all pictures arrive at once", () => {
    const time = new PresentationTime(false);
    const times = Array.from({ length: 100 }, (_, index) => time.next(picture(2 * (index % 30), 7, 50)));
    expect(times).toEqual(times.map((_, index) => 7000 + 20_000 * index));
  });

  it("assumes 25 pictures per second if the SPS states no rate", () => {
    const time = new PresentationTime(false);
    expect([0, 2, 4].map((count) => time.next(picture(count, 7, 0)))).toEqual([7000, 47_000, 87_000]);
  });
});
