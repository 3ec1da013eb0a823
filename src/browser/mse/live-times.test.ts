import * as fc from "fast-check";
import { expect, it } from "vitest";
import { accessUnit } from "../../../test/support/h264/access-units.js";
import { microseconds } from "../../core/time.js";
import { LiveTimes } from "./live-times.js";

const step = fc.record({
  /** Since the picture before. */
  gap: fc.oneof(fc.constant(0), fc.nat(100_000), fc.nat(60_000_000)),
  /** How far the element's clock is behind the end of what it has; beyond it when negative. */
  left: fc.oneof(fc.nat(200_000), fc.integer({ min: -300_000, max: 0 })),
});
const steps = fc.array(step, { minLength: 1, maxLength: 60 });
const rates = fc.constantFrom(undefined, 1, 30, 60);

it("leave no gap that a browser takes for a discontinuity, whatever pauses come", () => {
  fc.assert(
    fc.property(steps, rates, fc.constantFrom(0, 1, undefined), (steps, pictureRate, reorderDepth) => {
      let [now, lastByteAt, at, end] = [0, 1e9, -1, 0];
      const format = {
        ...(pictureRate === undefined ? {} : { pictureRate }),
        ...(reorderDepth === undefined ? {} : { reorderDepth }),
      };
      const unit = (index: number) =>
        accessUnit({
          format,
          lastByteAt: microseconds(lastByteAt),
          picture: { pictureOrderCount: index * 2, idr: index === 0 },
        });
      const times = new LiveTimes(unit(0), () => now);
      for (const [index, { gap, left }] of steps.entries()) {
        lastByteAt += gap;
        now = Math.max(0, end - left);
        const { decodeAt, offset, duration } = times.next(unit(index));
        expect(decodeAt).toBeGreaterThan(at);
        expect(decodeAt).toBeGreaterThanOrEqual(end - 1);
        if (index > 0) expect(decodeAt - at).toBeLessThanOrEqual(2 * (end - at) + 1);
        expect(offset).toBeGreaterThanOrEqual(0);
        if (reorderDepth === 0) expect(decodeAt + duration).toBeGreaterThan(now + 50_000);
        [at, end] = [decodeAt, decodeAt + duration];
      }
    }),
  );
});

it("have a picture that comes after a pause begin no earlier than the element's clock is", () => {
  let now = 0;
  const format = { pictureRate: 30, reorderDepth: 0 };
  const unit = (index: number, lastByteAt: number) =>
    accessUnit({ format, lastByteAt: microseconds(lastByteAt), picture: { idr: index === 0 } });
  const times = new LiveTimes(unit(0, 1e9), () => now);
  const first = times.next(unit(0, 1e9));
  now = first.decodeAt + first.duration + 20_000;
  expect(times.next(unit(1, 2e9)).decodeAt).toBeGreaterThanOrEqual(now);
});
