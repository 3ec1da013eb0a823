import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessUnitSyntax, accessUnit } from "../../test/support/h264/access-units.js";
import { microseconds } from "../core/time.js";
import { SampleTimes } from "./sample-times.js";

/**
 * Order counts of a group in decoding order: I, then P pictures each with `b` B pictures before it
 * in output order.
 */
function group(pictures: number, b: number): number[] {
  const counts = [0];
  for (let anchor = b + 1; counts.length < pictures; anchor += b + 1) {
    counts.push(anchor * 2);
    for (let index = b; index >= 1; index--) counts.push((anchor - index) * 2);
  }
  return counts;
}

function times(counts: readonly number[], arrivals: readonly number[], depth?: number, pictureRate?: number) {
  const made = new SampleTimes(depth);
  return counts.map((pictureOrderCount, index) => {
    const format = pictureRate === undefined ? {} : { pictureRate };
    const lastByteAt = microseconds(arrivals[index]!);
    return made.next(
      accessUnit({ lastByteAt, format, picture: { pictureOrderCount, idr: pictureOrderCount === 0 } }),
    );
  });
}

const every = (count: number, gap: number) => Array.from({ length: count }, (_, index) => 1e9 + index * gap);

describe("SampleTimes without pauses", () => {
  it("have each picture last until the next one, and not long, whatever pauses and bursts come", () => {
    const gap = fc.oneof(fc.constant(0), fc.nat(100_000), fc.nat(5_000_000));
    const gaps = fc.array(fc.tuple(gap, fc.integer({ min: 1, max: 40 })), { maxLength: 12 });
    const rate = fc.constantFrom(undefined, 0.5, 2, 15, 30, 120, 90_000);
    fc.assert(
      fc.property(gaps, rate, fc.constantFrom(0, 2), (gaps, pictureRate, b) => {
        const made = new SampleTimes(b === 0 ? 0 : 1, 50_000);
        const arrivals = gaps.flatMap(([gap, pictures]) => Array<number>(pictures).fill(gap));
        const counts = group(arrivals.length, b);
        let lastByteAt = microseconds(1e9);
        let end = 0;
        for (const [index, gap] of arrivals.entries()) {
          lastByteAt = microseconds(lastByteAt + gap);
          const format = pictureRate === undefined ? {} : { pictureRate };
          const picture = { pictureOrderCount: counts[index]!, idr: index === 0 };
          const { decodeAt, duration } = made.next(accessUnit({ lastByteAt, format, picture }));
          expect(Math.abs(decodeAt - end)).toBeLessThan(1);
          expect(duration).toBeLessThan(60_000);
          end = decodeAt + duration;
        }
      }),
    );
  });
});

describe("SampleTimes", () => {
  it("rise in decoding order, never overlap, and follow output order, however the pictures arrive", () => {
    const gaps = fc.array(fc.nat(200_000), { minLength: 99, maxLength: 99 });
    fc.assert(
      fc.property(gaps, fc.nat(3), fc.boolean(), (gaps, b, hasRate) => {
        let at = 1e9;
        const arrivals = gaps.map((gap) => (at += gap));
        const one = group(30, b);
        const counts = [...one, ...one, ...one];
        const depth = b === 0 ? 0 : 1;
        const made = times(counts, arrivals, depth, hasRate ? 30 : undefined);
        const decoded = made.map(({ decodeAt }) => decodeAt);
        expect(decoded.every((time, index) => index === 0 || time > decoded[index - 1]!)).toBe(true);
        const ends = made.map(({ decodeAt, duration }) => decodeAt + duration);
        expect(decoded.every((time, index) => index === 0 || time >= ends[index - 1]!)).toBe(true);
        const start = one.length;
        for (let from = 0; from < counts.length; from += start) {
          const shown = made
            .slice(from, from + start)
            .map(({ decodeAt, offset }, index) => ({ at: decodeAt + offset, count: counts[from + index]! }))
            .sort((a, b) => a.count - b.count)
            .map(({ at }) => at);
          expect(shown.every((time, index) => index === 0 || time > shown[index - 1]!)).toBe(true);
        }
        expect(made.every(({ offset }) => offset >= 0)).toBe(true);
      }),
    );
  });

  it("follow the stated rate, or the measured one if none is stated", () => {
    const stated = times(group(60, 0), every(60, 40_000), 0, 25);
    expect(stated.map(({ decodeAt }) => decodeAt)).toEqual(every(60, 40_000).map((at) => at - 1e9));
    const learned = times(group(600, 0), every(600, 20_000), 0);
    const last = learned.at(-1)!;
    expect(Math.abs(last.decodeAt - 599 * 20_000)).toBeLessThan(20_000);
    expect(Math.abs(last.duration - 20_000)).toBeLessThan(200);
  });

  it("follow the measured rate if the SPS states a wrong one", () => {
    for (const [gap, stated] of [
      [40_000, 50],
      [66_667, 30],
      [200_000, 30],
      [33_333, 15],
      [33_333, 10],
    ] as const) {
      const arrivals = every(600, gap);
      const made = times(group(600, 0), arrivals, 0, stated);
      const drifts = made.map(({ decodeAt }, index) => decodeAt - (arrivals[index]! - 1e9));
      expect(Math.max(...drifts.map(Math.abs)), `${stated} stated`).toBeLessThan(1_000_000);
      const steady = made.slice(300).map(({ decodeAt }) => decodeAt);
      const gaps = steady.slice(1).map((time, index) => time - steady[index]!);
      expect(Math.max(...gaps.map((found) => Math.abs(found - gap))), `${stated} stated`).toBeLessThan(
        gap / 20,
      );
      expect(Math.abs(made.at(-1)!.duration - gap), `${stated} stated`).toBeLessThan(gap / 20);
    }
  });

  it("learn the rate of pictures that arrive in bunches", () => {
    for (const together of [2, 5]) {
      const arrivals = every(600, 33_333).map((_, index, all) => all[index - (index % together)]!);
      const made = times(group(600, 0), arrivals, 0);
      const drifts = made.map(({ decodeAt }, index) => decodeAt - (arrivals[index]! - 1e9));
      expect(Math.max(...drifts.map(Math.abs)), `${together} at once`).toBeLessThan(33_333 * (together + 1));
      expect(Math.abs(made.at(-1)!.duration - 33_333), `${together} at once`).toBeLessThan(33_333 / 4);
    }
  });

  it("rise by more than a container's tick if all pictures arrive together, or the SPS states an absurd rate", () => {
    for (const stated of [undefined, 90_000]) {
      const made = times(group(1000, 0), every(1000, 0), 0, stated);
      const gaps = made.slice(1).map(({ decodeAt }, index) => decodeAt - made[index]!.decodeAt);
      expect(Math.min(...gaps)).toBeGreaterThan(100);
    }
  });

  it("follow a pause, so that a recording lasts as long as the stream did", () => {
    const arrivals = [...every(30, 33_333), ...every(30, 33_333).map((at) => at + 60_000_000)];
    const made = times(group(60, 0), arrivals, 0, 30);
    expect(Math.abs(made.at(-1)!.decodeAt - (arrivals.at(-1)! - 1e9))).toBeLessThan(100_000);
  });

  /** Groups, each with `b` pictures that precede its first picture in output order. */
  const withLeading = (groups: number, b: number, startsWith: "idr" | "recovery-point") => {
    const units: AccessUnitSyntax[] = [];
    for (let index = 0; index < groups; index++) {
      const one = [0, ...leading(b), ...group(13, b).slice(1)];
      const isIdr = startsWith === "idr";
      const base = isIdr ? 0 : index * 2 * one.length;
      for (const [at, count] of one.entries()) {
        const start = at === 0 && !isIdr ? ({ randomAccess: "recovery-point" } as const) : {};
        const picture = { pictureOrderCount: base + count, idr: isIdr && at === 0 };
        units.push({ ...start, picture: picture });
      }
    }
    return units;
  };
  /** Order counts before 0: the middle one first, as in a pyramid. */
  const leading = (b: number) => {
    const counts = Array.from({ length: b }, (_, index) => (index - b) * 2);
    const middle = counts.splice(b >> 1, 1);
    return [...middle, ...counts];
  };
  const shownTimes = (units: readonly AccessUnitSyntax[], depth: number | undefined) => {
    const made = new SampleTimes(depth);
    return units.map((unit, index) => {
      const lastByteAt = microseconds(1e9 + index * 33_333);
      const { decodeAt, offset } = made.next(
        accessUnit({ ...unit, lastByteAt, format: { pictureRate: 30 } }),
      );
      return { at: decodeAt + offset, offset };
    });
  };
  const inOutputOrder = (units: readonly AccessUnitSyntax[], times: readonly { readonly at: number }[]) => {
    let order = -1;
    return times
      .map(({ at }, index) => {
        const picture = units[index]!.picture!;
        if (picture.idr === true) order++;
        return { at, order, count: picture.pictureOrderCount! };
      })
      .sort((a, b) => a.order - b.order || a.count - b.count)
      .map(({ at }) => at);
  };
  /** A tick of 90 kHz. */
  const tick = 1_000_000 / 90_000;

  it.each([
    ["an open GOP", "recovery-point"],
    ["an IDR picture with negative order counts after it", "idr"],
  ] as const)("follow output order from the first picture of %s on", (_, startsWith) => {
    for (const [b, depth] of [
      [1, 1],
      [2, 1],
      [3, 2],
      [7, 3],
      [2, undefined],
      [3, undefined],
    ] as const) {
      const units = withLeading(5, b, startsWith);
      const times = shownTimes(units, depth);
      const shown = inOutputOrder(units, times);
      const gaps = shown.slice(1).map((at, index) => at - shown[index]!);
      expect(Math.min(...gaps), `${b} B pictures`).toBeGreaterThan(tick);
      const late = gaps.slice(3 * (13 + b));
      expect(Math.max(...late.map((gap) => Math.abs(gap - 33_333))), `${b} B pictures`).toBeLessThan(2000);
      if (startsWith === "idr" || depth === undefined) continue;
      expect(Math.min(...times.map(({ offset }) => offset)), `${b} B pictures`).toBeGreaterThanOrEqual(0);
    }
  });

  it("follow output order where the SPS states no reordering and B pictures come all the same", () => {
    const units = [...group(30, 2), ...group(30, 2)].map((pictureOrderCount) => ({
      picture: { pictureOrderCount, idr: pictureOrderCount === 0 },
    }));
    const shown = inOutputOrder(units, shownTimes(units, 0));
    expect(shown.every((at, index) => index === 0 || at > shown[index - 1]! + tick)).toBe(true);
  });

  it("catch up at the next group after pictures were left out", () => {
    const units = Array.from({ length: 20 }, () => [0, 2, 4, 24, 26, 28, 30])
      .flat()
      .map((pictureOrderCount) => ({
        picture: { pictureOrderCount, idr: pictureOrderCount === 0 },
      }));
    const times = shownTimes(units, 1);
    const shown = inOutputOrder(units, times);
    expect(shown.every((at, index) => index === 0 || at > shown[index - 1]! + tick)).toBe(true);
    expect(Math.max(...times.map(({ offset }) => offset))).toBeLessThan(20 * 33_333);
  });
});
