import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accessUnit } from "../../../test/support/h264/access-units.js";
import { OutputOrder } from "./output-order.js";

/**
 * A picture by its picture order count; `idr` and `mmco5` are pictures that start an order, with
 * count 0.
 */
type Picture = number | "idr" | "mmco5";

interface Stream {
  readonly rule?: "prompt" | "exact";
  /** The SPS's reorder depth. */
  readonly reorderDepth?: number;
  readonly maxDpbFrames?: number;
}

/** Pushes pictures in decoding order and notes what each makes ready. */
class Decoding {
  readonly order: OutputOrder;
  readonly #format: { reorderDepth?: number; maxDpbFrames?: number };
  readonly #pictures: Picture[] = [];
  readonly late: Picture[] = [];

  constructor({ rule, ...format }: Stream = {}) {
    this.order = new OutputOrder(rule);
    this.#format = format;
  }

  push(picture: Picture): Picture[] {
    const unit = accessUnit({
      sequence: this.#pictures.push(picture) - 1,
      format: this.#format,
      picture: {
        idr: picture === "idr",
        startsOrder: picture === "mmco5",
        pictureOrderCount: typeof picture === "number" ? picture : 0,
      },
    });
    if (this.order.isLate(unit)) this.late.push(picture);
    return this.#named(this.order.push(unit));
  }

  flush(): Picture[] {
    return this.#named(this.order.flush());
  }

  #named(sequences: readonly number[]): Picture[] {
    return sequences.map((sequence) => this.#pictures[sequence]!);
  }
}

/** What each picture makes ready, in decoding order; what is left for the end comes last. */
function outputs(pictures: readonly Picture[], stream: Stream = {}): Picture[][] {
  const decoding = new Decoding(stream);
  return [...pictures.map((picture) => decoding.push(picture)), decoding.flush()];
}

describe("OutputOrder: prompt", () => {
  it("outputs P pictures at once", () => {
    expect(outputs(["idr", 2, 4, 6])).toEqual([["idr"], [2], [4], [6], []]);
  });

  it("lets only the P picture wait that two B pictures need", () => {
    expect(outputs(["idr", 6, 2, 4, 12, 8, 10])).toEqual([["idr"], [], [2], [4, 6], [], [8], [10, 12], []]);
  });

  it("outputs a pyramid of B pictures in order", () => {
    expect(outputs(["idr", 8, 4, 2, 6, 16, 12, 10, 14])).toEqual([
      ["idr"],
      [],
      [],
      [2, 4],
      [6, 8],
      [],
      [],
      [10, 12],
      [14, 16],
      [],
    ]);
  });

  it("outputs all waiting pictures at an IDR picture", () => {
    expect(outputs(["idr", 8, 4, "idr", 2])).toEqual([["idr"], [], [], [4, 8, "idr"], [2], []]);
  });

  it("outputs all waiting pictures at memory_management_control_operation 5", () => {
    expect(outputs(["idr", 8, 4, "mmco5", 2])).toEqual([["idr"], [], [], [4, 8, "mmco5"], [2], []]);
  });

  it("outputs all waiting pictures at the end", () => {
    expect(outputs(["idr", 8, 6])).toEqual([["idr"], [], [], [6, 8]]);
  });

  it("never waits longer than the SPS's reorder depth, whatever the counts", () => {
    const pictures: Picture[] = ["idr", 40, 20, 30, 80];
    expect(outputs(pictures, { reorderDepth: 0 })).toEqual([["idr"], [40], [20], [30], [80], []]);
    expect(outputs(pictures, { reorderDepth: 1 })).toEqual([["idr"], [], [20], [30], [40], [80]]);
    expect(outputs(pictures, { reorderDepth: 2 })).toEqual([["idr"], [], [], [20], [30], [40, 80]]);
  });

  it("never waits longer than the level's DPB if the SPS states no depth", () => {
    expect(outputs(["idr", 40, 20, 30, 80], { maxDpbFrames: 2 })).toEqual([
      ["idr"],
      [],
      [],
      [20],
      [30],
      [40, 80],
    ]);
  });

  it("starts at any picture", () => {
    expect(outputs([1000, 1006, 1002, 1004])).toEqual([[1000], [], [1002], [1004, 1006], []]);
  });

  it("orders negative counts too", () => {
    expect(outputs([-8, -6, -4])).toEqual([[-8], [-6], [-4], []]);
  });
});

describe("OutputOrder: the step between counts", () => {
  it("of 1 is learned when the first picture is late", () => {
    const decoding = new Decoding();
    // In output order: idr 1 2 3 4 5 6 7 8.
    const ready = (["idr", 2, 4, 1, 6, 3, 8, 5, 10, 7] as const).map((picture) => decoding.push(picture));
    expect(decoding.late).toEqual([1, 3]);
    expect(ready).toEqual([["idr"], [2], [4], [1], [], [3], [], [5, 6], [], [7, 8]]);
  });

  it("of 1 stays learned after an IDR picture", () => {
    const decoding = new Decoding();
    for (const picture of ["idr", 2, 1, "idr"] as const) decoding.push(picture);
    expect([2, 1, 4, 3].map((picture) => decoding.push(picture))).toEqual([[], [1, 2], [], [3, 4]]);
    expect(decoding.late).toEqual([1]);
  });

  it("of 4 is learned from many pictures in order", () => {
    const pictures = Array.from({ length: 20 }, (_, index) => (index === 0 ? "idr" : index * 4));
    const waiting = outputs(pictures).filter((ready) => ready.length === 0).length;
    expect(waiting).toBeLessThanOrEqual(9);
    expect(outputs(pictures).flat()).toEqual(pictures);
  });

  it("survives a restart of the decoder", () => {
    const decoding = new Decoding();
    for (const picture of ["idr", 2, 1] as const) decoding.push(picture);
    decoding.order.restart();
    expect([50, 52, 51].map((picture) => decoding.push(picture))).toEqual([[50], [], [51, 52]]);
  });
});

describe("OutputOrder: exact", () => {
  it("outputs nothing by its count alone", () => {
    expect(outputs(["idr", 2, 4, 6], { rule: "exact", reorderDepth: 2 })).toEqual([
      ["idr"],
      [],
      [],
      [2],
      [4, 6],
    ]);
    expect(outputs(["idr", 2, 4, "idr"], { rule: "exact" })).toEqual([["idr"], [], [], [2, 4, "idr"], []]);
  });

  it("loses no picture of a stream that counts by 1", () => {
    const decoding = new Decoding({ rule: "exact" });
    const ready = (["idr", 2, 4, 1, 6, 3] as const).map((picture) => decoding.push(picture));
    expect([...ready.flat(), ...decoding.flush()]).toEqual(["idr", 1, 2, 3, 4, 6]);
    expect(decoding.late).toEqual([]);
  });
});

describe("OutputOrder: what waits", () => {
  it("is forgotten by restart", () => {
    const decoding = new Decoding();
    for (const picture of ["idr", 8, 6] as const) decoding.push(picture);
    expect(decoding.order.waiting).toBe(2);
    decoding.order.restart();
    expect(decoding.order.waiting).toBe(0);
    expect(decoding.flush()).toEqual([]);
  });
});

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

  /** Pictures as `group * 1000 + count`, in decoding order: a group's first is its IDR picture. */
  function decode(
    { depth, groups }: { depth: number; groups: readonly { count: number; choices: readonly number[] }[] },
    order: OutputOrder,
    { step, depthIsKnown }: { step: number; depthIsKnown: boolean },
  ): { output: number[]; expected: number[]; late: number } {
    const pictures = groups.flatMap(({ count, choices }, index) =>
      [-1, ...decodingOrder(count, depth, choices)].map((picture) => index * 1000 + (picture + 1) * step),
    );
    const format = depthIsKnown ? { reorderDepth: depth } : {};
    const ready: number[] = [];
    let late = 0;
    pictures.forEach((picture, sequence) => {
      const pictureOrderCount = picture % 1000;
      const unit = accessUnit({
        sequence,
        format,
        picture: { pictureOrderCount, idr: pictureOrderCount === 0 },
      });
      if (order.isLate(unit)) late++;
      ready.push(...order.push(unit));
      if (depthIsKnown) expect(order.waiting).toBeLessThanOrEqual(depth);
    });
    ready.push(...order.flush());
    return {
      output: ready.map((sequence) => pictures[sequence]!),
      expected: [...pictures].sort((a, b) => a - b),
      late,
    };
  }

  it.each([
    ["prompt, depth known", "prompt", 2, true],
    ["prompt, depth not known", "prompt", 2, false],
    ["exact, depth known, counts by 1", "exact", 1, true],
    ["exact, depth not known, counts by 3", "exact", 3, false],
  ] as const)("output is in order and whole: %s", (_, rule, step, depthIsKnown) => {
    fc.assert(
      fc.property(streams, (stream) => {
        const { output, expected, late } = decode(stream, new OutputOrder(rule), { step, depthIsKnown });
        expect(output).toEqual(expected);
        expect(late).toBe(0);
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
