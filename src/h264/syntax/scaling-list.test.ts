import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { RbspReader } from "./rbsp-reader.js";
import { readScalingLists } from "./scaling-list.js";

const clause = "7.4.2.1.1";

/** Reads lists, and checks that reading ends with the last bit written. */
function read(writer: BitWriter, count: number) {
  const written = writer.length;
  const reader = new RbspReader(writer.trailing().bytes(), 0, false);
  const lists = readScalingLists(reader, count, "seq_scaling_list_present_flag", clause);
  expect(reader.bitOffset).toBe(written);
  return lists;
}

const repeat = (value: number, count: number) => Array<number>(count).fill(value);
const sixteenOrSixtyFour = (size: number) =>
  fc.array(fc.integer({ min: 1, max: 255 }), { minLength: size, maxLength: size });

/** delta_scale of each entry: the difference modulo 256, as a signed byte (7.4.2.1.1.1). */
function writeList(writer: BitWriter, list: readonly number[]): void {
  let last = 8;
  for (const scale of list) {
    writer.se(((scale - last + 128 + 256) % 256) - 128);
    last = scale;
  }
}

describe("readScalingLists (7.3.2.1.1.1)", () => {
  it("reads lists of 16 and 64 entries as they were written, and nothing after them", () => {
    const lists = fc.tuple(sixteenOrSixtyFour(16), sixteenOrSixtyFour(64));
    fc.assert(
      fc.property(lists, ([small, large]) => {
        const writer = new BitWriter();
        for (let index = 0; index < 8; index++) {
          writer.flag(true);
          writeList(writer, index < 6 ? small : large);
        }
        expect(read(writer, 8)).toEqual([...Array(6).fill(small), large, large]);
      }),
      { numRuns: 30 },
    );
  });

  it("leaves a list undefined that is not present, for the fall-back rules (table 7-2)", () => {
    expect(read(new BitWriter().flag(false, false, false, false, false, false), 6)).toEqual(
      Array(6).fill(undefined),
    );
  });

  it("takes the default list when the first scale is 0", () => {
    // 8 - 8 = 0: useDefaultScalingMatrixFlag.
    const writer = new BitWriter().flag(true).se(-8).flag(false);
    expect(read(writer, 2)).toEqual(["default", undefined]);
  });

  it("repeats the last scale when a later one is 0", () => {
    // 8 + 2 = 10, 10 + 5 = 15, 15 - 15 = 0.
    expect(read(new BitWriter().flag(true).se(2, 5, -15), 1)).toEqual([[10, ...repeat(15, 15)]]);
  });

  it("counts scales modulo 256", () => {
    // 8 - 128 = -120 = 136; 136 + 127 = 263 = 7; 7 - 7 = 0.
    expect(read(new BitWriter().flag(true).se(-128, 127, -7), 1)).toEqual([[136, ...repeat(7, 15)]]);
  });

  it.each([-129, 128])("refuses a delta_scale of %d (7.4.2.1.1.1)", (delta) => {
    const reader = new RbspReader(new BitWriter().flag(true).se(delta).trailing().bytes(), 0, false);
    const place = { element: "delta_scale", clause: "7.4.2.1.1.1", bitOffset: 1 };
    expect(() => readScalingLists(reader, 1, "seq_scaling_list_present_flag", clause)).toThrow(
      expect.objectContaining({ name: "BitstreamError", place }),
    );
  });
});
