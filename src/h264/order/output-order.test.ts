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
    if (this.order.isLate(unit)) {
      this.late.push(picture);
      this.order.learnFrom(unit);
    }
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
    const believed = Array.from({ length: 8 }, (): Picture => "idr");
    const ready = outputs([...believed, 20, 30, 40, 80], { reorderDepth: 0 });
    expect(ready.slice(8)).toEqual([[20], [30], [40], [80], []]);
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

  it.each([10, 20, 50])("starts a new order where counts begin again at an I picture, every %i", (group) => {
    const order = new OutputOrder();
    const ready: number[] = [];
    for (let sequence = 0; sequence < 100; sequence++) {
      const place = sequence % group;
      const picture = { pictureOrderCount: 2 * place, type: place === 0 ? "I" : "P" } as const;
      const unit = accessUnit({ sequence, picture });
      expect(order.isLate(unit)).toBe(false);
      ready.push(...order.push(unit));
    }
    expect(ready).toHaveLength(100);
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

  it("needs a longer proof once it was believed too early", () => {
    // P pictures four apart leave room for one between two of them, which comes only now and then.
    const pOnly = Array.from({ length: 12 }, (_, index) => 4 * (index + 1));
    const pictures: Picture[] = ["idr", ...pOnly, 52, 50, 56, 54];
    const decoding = new Decoding();
    for (let group = 0; group < 3; group++) for (const picture of pictures) decoding.push(picture);
    expect(decoding.late).toEqual([50]);
  });
});

describe("OutputOrder: a reorder depth that is too small", () => {
  const believed = Array.from({ length: 9 }, (_, index): Picture => (index === 0 ? "idr" : 2 * index));
  const countsOn = (decoding: Decoding, ...pictures: number[]) =>
    pictures
      .map((count) => decoding.push(16 + count))
      .map((ready) => ready.map((count) => Number(count) - 16));

  it("costs nothing if it shows at once: one picture waits until the SPS is believed", () => {
    const pictures: Picture[] = ["idr", 6, 2, 4, 12, 8, 10];
    expect(outputs(pictures, { reorderDepth: 0 })).toEqual([["idr"], [], [2], [4, 6], [], [8], [10, 12], []]);
    const pyramid: Picture[] = ["idr", 8, 4, 2, 6, 16, 12, 10, 14];
    const ordered: Picture[] = ["idr", 2, 4, 6, 8, 10, 12, 14, 16];
    expect(outputs(pyramid, { reorderDepth: 0 }).flat()).toEqual(ordered);
  });

  it("is learned from the pictures that are late first", () => {
    const decoding = new Decoding({ reorderDepth: 0 });
    for (const picture of believed) decoding.push(picture);
    expect(countsOn(decoding, 6, 2, 4, 12, 8, 10)).toEqual([[6], [2], [4], [], [8], [10, 12]]);
    expect(decoding.late).toEqual([18, 20]);
  });

  it("is expected to be that of a pyramid", () => {
    const decoding = new Decoding({ reorderDepth: 0 });
    for (const picture of believed) decoding.push(picture);
    countsOn(decoding, 4, 2, 12, 8, 6, 10, 20, 16, 14, 18);
    expect(decoding.late).toEqual([18]);
  });

  it("delays no P picture", () => {
    const decoding = new Decoding({ reorderDepth: 0 });
    for (const picture of ["idr", 4, 2] as const) decoding.push(picture);
    expect([6, 8, 10, 12].map((picture) => decoding.push(picture))).toEqual([[6], [8], [10], [12]]);
  });

  it("is not learned from a picture that comes twice", () => {
    const decoding = new Decoding({ reorderDepth: 0 });
    for (const picture of [...believed, 14]) decoding.push(picture);
    expect(decoding.push(24)).toEqual([24]);
  });

  it("matters to no file", () => {
    const pictures: Picture[] = ["idr", 6, 2, 4, 12, 8, 10];
    const ordered: Picture[] = ["idr", 2, 4, 6, 8, 10, 12];
    expect(outputs(pictures, { rule: "exact", reorderDepth: 0 }).flat()).toEqual(ordered);
  });
});

describe("OutputOrder: pictures that precede the start of their order", () => {
  const closed: Picture[] = ["idr", 2, 4];
  const led: Picture[] = ["idr", -4, -6, -2, 4, 2];

  it("cost the first such group some pictures, and no later one any", () => {
    const decoding = new Decoding();
    const inTime = [[], [], [-6, -4], [-2, "idr"], [], [2, 4]];
    for (const picture of led) decoding.push(picture);
    expect(decoding.late).toEqual([-4, -6, -2]);
    for (let group = 0; group < 2; group++) {
      expect(led.map((picture) => decoding.push(picture))).toEqual(inTime);
    }
    expect(decoding.late).toEqual([-4, -6, -2]);
  });

  it("let the start wait no longer than for as many pictures as came before them", () => {
    const decoding = new Decoding();
    for (const picture of ["idr", -2, 2, 4] as const) decoding.push(picture);
    expect(closed.map((picture) => decoding.push(picture))).toEqual([[], ["idr", 2], [4]]);
  });

  it("delay nothing in a stream that has none", () => {
    expect(outputs([...closed, ...closed])).toEqual([["idr"], [2], [4], ["idr"], [2], [4], []]);
  });

  it("are in order at once in files", () => {
    const ordered: Picture[] = [-6, -4, -2, "idr", 2, 4];
    expect(outputs([...led, ...led], { rule: "exact" }).flat()).toEqual([...ordered, ...ordered]);
  });
});

it.each(["prompt", "exact"] as const)("outputs pictures with equal counts in decoding order (%s)", (rule) => {
  const order = new OutputOrder(rule);
  const units = [0, 1, 2, 3].map((sequence) => accessUnit({ sequence, picture: { idr: sequence === 0 } }));
  expect([...units.flatMap((unit) => order.push(unit)), ...order.flush()]).toEqual([0, 1, 2, 3]);
  for (const unit of units) order.push(unit);
  expect(order.isLate(accessUnit({ sequence: 4 }))).toBe(false);
});

describe("OutputOrder: exact", () => {
  it("outputs nothing by its count alone, nor by the depth that the SPS states", () => {
    expect(outputs(["idr", 2, 4, 6], { rule: "exact", reorderDepth: 0, maxDpbFrames: 2 })).toEqual([
      [],
      [],
      ["idr"],
      [2],
      [4, 6],
    ]);
    expect(outputs(["idr", 2, 4, "idr"], { rule: "exact" })).toEqual([[], [], [], ["idr", 2, 4], ["idr"]]);
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
