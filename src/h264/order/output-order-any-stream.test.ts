import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accessUnit } from "../../../test/support/h264/access-units.js";
import { OutputOrder } from "./output-order.js";

describe("OutputOrder: in any stream that keeps to its reorder depth", () => {
  /**
   * `count` pictures in a decoding order in which at most `depth` precede one that is output before
   * them (E.2.1).
   */
  function decodingOrder(count: number, depth: number, choices: readonly number[]): number[] {
    const left = Array.from({ length: count }, (_, index) => index);
    const decoded: number[] = [];
    for (let turn = 0; left.length > 0; turn++) {
      const ahead = decoded.filter((picture) => picture > left[0]!).length;
      const choice = ahead >= depth ? 0 : choices[turn % choices.length]! % Math.min(left.length, depth + 1);
      decoded.push(...left.splice(choice, 1));
    }
    return decoded;
  }

  const group = fc.record({
    count: fc.integer({ min: 1, max: 25 }),
    choices: fc.array(fc.nat(20), { minLength: 1, maxLength: 25 }),
  });
  const streams = fc.record({
    depth: fc.integer({ min: 0, max: 4 }),
    groups: fc.array(group, { minLength: 1, maxLength: 4 }),
  });

  interface Coding {
    readonly step: number;
    readonly depthIsKnown: boolean;
    /** Pictures that precede each group's IDR picture in output order. */
    readonly leading: number;
  }

  /** Decodes the groups; a group's first picture is its IDR picture, with count 0. */
  function decode(
    { depth, groups }: { depth: number; groups: readonly { count: number; choices: readonly number[] }[] },
    order: OutputOrder,
    { step, depthIsKnown, leading }: Coding,
  ): { output: number[][]; expected: number[][]; late: number; mostWaiting: number } {
    const countOf = (place: number) => (place < leading ? place - leading : place - leading + 1) * step;
    const pictures = groups.flatMap(({ count, choices }, index) =>
      [0, ...decodingOrder(count, depth, choices).map(countOf)].map((picture) => [index, picture]),
    );
    const format = depthIsKnown ? { reorderDepth: depth } : {};
    const ready: number[] = [];
    let late = 0;
    let mostWaiting = 0;
    pictures.forEach(([, pictureOrderCount = 0], sequence) => {
      const picture = { pictureOrderCount, idr: pictureOrderCount === 0 };
      const unit = accessUnit({ sequence, format, picture });
      if (order.isLate(unit)) late++;
      ready.push(...order.push(unit));
      mostWaiting = Math.max(mostWaiting, order.waiting);
    });
    ready.push(...order.flush());
    return {
      output: ready.map((sequence) => pictures[sequence]!),
      expected: [...pictures].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d),
      late,
      mostWaiting,
    };
  }

  it.each([
    ["prompt, depth known", "prompt", 2, true, 0],
    ["prompt, depth not known", "prompt", 2, false, 0],
    ["exact, depth known, counts by 1", "exact", 1, true, 0],
    ["exact, depth not known, counts by 3", "exact", 3, false, 0],
    ["exact, with pictures that precede an IDR picture", "exact", 2, false, 5],
  ] as const)("output is in order and whole: %s", (_, rule, step, depthIsKnown, leading) => {
    fc.assert(
      fc.property(streams, (stream) => {
        const coding = { step, depthIsKnown, leading };
        const { output, expected, late, mostWaiting } = decode(stream, new OutputOrder(rule), coding);
        expect(output).toEqual(expected);
        expect(late).toBe(0);
        const isBound = rule === "prompt" && depthIsKnown;
        expect(mostWaiting).toBeLessThanOrEqual(isBound ? stream.depth : 16);
      }),
      { numRuns: 200 },
    );
  });

  it("loses and repeats nothing even if the counts mean nothing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 60 }),
        fc.nat(4),
        (counts, reorderDepth) => {
          const order = new OutputOrder();
          const ready = counts.flatMap((pictureOrderCount, sequence) =>
            order.push(
              accessUnit({
                sequence,
                format: { reorderDepth },
                picture: { pictureOrderCount, idr: pictureOrderCount === 0 },
              }),
            ),
          );
          ready.push(...order.flush());
          expect(ready.sort((a, b) => a - b)).toEqual(counts.map((_, sequence) => sequence));
        },
      ),
    );
  });
});
