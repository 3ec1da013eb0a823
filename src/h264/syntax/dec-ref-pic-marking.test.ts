import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { readDecRefPicMarking } from "./dec-ref-pic-marking.js";
import { RbspReader } from "./rbsp-reader.js";

/** Reads dec_ref_pic_marking(), and checks that reading ends with the last bit written. */
function read(writer: BitWriter, { idr = false } = {}) {
  const written = writer.length;
  const reader = new RbspReader(writer.trailing().bytes(), 0, false);
  const marking = readDecRefPicMarking(reader, idr);
  expect(reader.bitOffset).toBe(written);
  return marking;
}

const adaptive = () => new BitWriter().flag(true);

describe("readDecRefPicMarking (7.3.3.3)", () => {
  it.each([
    [true, false],
    [false, true],
  ])("reads the two flags of an IDR picture: %s, %s", (noOutput, longTerm) => {
    expect(read(new BitWriter().flag(noOutput, longTerm), { idr: true })).toEqual({
      noOutputOfPriorPicsFlag: noOutput,
      longTermReferenceFlag: longTerm,
      operations: [],
    });
  });

  it("has no operations with sliding window marking, or where the loop ends at once", () => {
    expect(read(new BitWriter().flag(false)).operations).toEqual([]);
    expect(read(adaptive().ue(0)).operations).toEqual([]);
  });

  it("reads each operation with its operands, in order (table 7-9)", () => {
    const writer = adaptive().ue(1, 10).ue(2, 20).ue(3, 30, 31).ue(4, 40).ue(5).ue(6, 60).ue(0);
    expect(read(writer).operations).toEqual([
      { operation: 1, differenceOfPicNumsMinus1: 10 },
      { operation: 2, longTermPicNum: 20 },
      { operation: 3, differenceOfPicNumsMinus1: 30, longTermFrameIdx: 31 },
      { operation: 4, maxLongTermFrameIdxPlus1: 40 },
      { operation: 5 },
      { operation: 6, longTermFrameIdx: 60 },
    ]);
  });

  it("reads 66 operations, and refuses more", () => {
    const operations = (count: number) => {
      const writer = adaptive();
      for (let index = 0; index < count; index++) writer.ue(5);
      return writer.ue(0);
    };
    expect(read(operations(66)).operations).toHaveLength(66);
    expect(() => read(operations(67))).toThrow(/more than 66 operations \(.*clause 7\.4\.3\.3/);
  });

  it("refuses an operation that the standard does not have", () => {
    expect(() => read(adaptive().ue(7))).toThrow(
      /memory_management_control_operation was 7, expected 0 to 6/,
    );
  });
});
