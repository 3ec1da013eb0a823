import { describe, expect, it } from "vitest";
import { assemble, idr, p, sets } from "../../../test/support/h264/assembling.js";
import { parameterSets, type SliceSyntax } from "../../../test/support/h264/coded-picture.js";

/** frame_num of each picture, as sent, without habitual gaps. */
function numbersOf(slices: readonly Uint8Array[], { isLossy = false, parameters = sets } = {}): number[] {
  const { units, assembler, nals, parser } = assemble();
  assembler.isLossy = isLossy;
  nals(...parameters, ...slices);
  parser.close();
  return units.items.map(({ picture }) => picture.frameNum);
}

/** A non-reference picture. */
const b = (frameNum: number, picOrderCntLsb: number, rest: SliceSyntax = {}) =>
  p(frameNum, { type: "B", picOrderCntLsb, ...rest });
/** A reference picture with its own order count. */
const at = (picOrderCntLsb: number, frameNum: number) => p(frameNum, { picOrderCntLsb });

describe("frame_num that counts non-reference pictures, too", () => {
  const counting = [idr, at(4, 1), b(2, 2), at(8, 3), b(4, 6), at(12, 5), b(6, 10), at(0, 7)];

  it("is given out as if it did not, where nothing is lost on the way", () => {
    expect(numbersOf(counting)).toEqual([0, 1, 2, 2, 3, 3, 4, 4]);
    expect(numbersOf([idr, at(6, 1), b(2, 2), b(3, 4), at(12, 4), b(5, 8), b(6, 10), at(2, 7)])).toEqual([
      0, 1, 2, 2, 2, 3, 3, 3,
    ]);
  });

  it("wraps in a long run of them", () => {
    const run = Array.from({ length: 40 }, (_, index) => b(2 + index, index));
    expect(numbersOf([idr, at(4, 1), ...run, at(8, 42)])).toEqual([0, 1, ...run.map(() => 2), 2]);
    const conforming = run.map((_, index) => b(2, index));
    expect(numbersOf([idr, at(4, 1), ...conforming, at(8, 2)])).toEqual([0, 1, ...run.map(() => 2), 2]);
  });

  it("has gaps where pictures may be lost", () => {
    expect(numbersOf(counting, { isLossy: true })).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("has a gap where a reference picture is lost", () => {
    const [, , , , , lost] = counting;
    expect(numbersOf(counting.filter((slice) => slice !== lost))).toEqual([0, 1, 2, 2, 3, 4, 4]);
  });

  it("is no habit of an encoder that has not shown it before", () => {
    expect(numbersOf([idr, at(4, 1), b(2, 2), at(8, 2), b(3, 6), at(0, 4)])).toEqual([0, 1, 2, 2, 3, 4]);
  });

  it("is a lost picture where the order count says so, the first time too", () => {
    expect(numbersOf([idr, at(4, 1), b(2, 2), at(12, 3), b(4, 10)])).toEqual([0, 1, 2, 3, 4]);
  });

  it("was a lost picture after all, once a picture is not counted", () => {
    expect(numbersOf([idr, at(4, 1), b(2, 2), at(8, 3), b(4, 6), at(12, 4)])).toEqual([0, 1, 2, 2, 3, 2]);
  });
});

describe("frame_num that skips values", () => {
  const skipping = [idr, p(1), p(2), at(6, 4), at(8, 5), at(10, 8), at(12, 9)];

  it("is given out without gaps where order counts leave no room for a picture", () => {
    expect(numbersOf(skipping)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("wraps early", () => {
    const wrapping = Array.from({ length: 20 }, (_, index) => p(index, { frameNum: index % 4 }));
    expect(numbersOf([idr, ...wrapping.slice(1)])).toEqual(
      Array.from({ length: 20 }, (_, index) => index % 16),
    );
  });

  it("has gaps where order counts do", () => {
    expect(numbersOf([idr, p(1), p(2), p(4), p(5)])).toEqual([0, 1, 2, 4, 5]);
  });

  it("has gaps after non-reference pictures, between which others have room", () => {
    expect(numbersOf([idr, at(4, 1), b(2, 2), at(8, 2), at(12, 4)])).toEqual([0, 1, 2, 2, 4]);
  });

  it("has gaps with several reference frames: decoders fill them with copies, which would count", () => {
    const parameters = parameterSets({ sps: { maxNumRefFrames: 2 } });
    expect(numbersOf(skipping, { parameters })).toEqual([0, 1, 2, 4, 5, 8, 9]);
  });

  it("has gaps where pictures in between may be as many as order counts take to come round", () => {
    // pic_order_cnt_lsb has 8 values in steps of 2. The IDR picture is lost after 8 others, too.
    const before = [idr, ...Array.from({ length: 8 }, (_, index) => p(index + 1))];
    for (const isLossy of [false, true]) {
      expect(numbersOf([...before, at(2, 1)], { isLossy }).at(-1)).toBe(1);
      expect(numbersOf([...before, at(2, 11)], { isLossy }).at(-1)).toBe(9);
    }
  });
});

describe("a reference picture that comes twice", () => {
  const codesOf = (isLossy: boolean) => {
    const { units, assembler, issues, nals, parser } = assemble();
    assembler.isLossy = isLossy;
    nals(...sets, idr, p(1), b(2, 1), p(1), p(2));
    parser.close();
    return [issues.count("repeated-slice"), ...units.items.map(({ discontinuity }) => discontinuity)];
  };

  it("would refer to itself: what follows is held back, where the transport may have doubled it", () => {
    expect(codesOf(true)).toEqual([1, true, false, false, true, false]);
  });

  it("is another picture of an encoder that does not count, elsewhere", () => {
    expect(codesOf(false)).toEqual([0, true, false, false, false, false]);
  });
});
