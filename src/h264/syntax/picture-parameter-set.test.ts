import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { type PpsSyntax, ppsNal, type SpsSyntax, spsNal } from "../../../test/support/h264/h264-syntax.js";
import { BitstreamError } from "../../core/errors.js";
import { parsePictureParameterSet } from "./picture-parameter-set.js";
import { parseSequenceParameterSet } from "./sequence-parameter-set.js";

const parse = (syntax: PpsSyntax, spsSyntax?: SpsSyntax) => {
  const sps = spsSyntax && parseSequenceParameterSet(spsNal(spsSyntax));
  return parsePictureParameterSet(ppsNal(syntax), () => sps);
};
const format444 = (writer: BitWriter) => void writer.ue(3).flag(false).ue(0, 0).flag(false, false);

it("reads a plain picture parameter set", () => {
  expect(parse({ id: 7, spsId: 3, cabac: true, weightedBipredIdc: 2 })).toEqual({
    picParameterSetId: 7,
    seqParameterSetId: 3,
    entropyCodingModeFlag: true,
    bottomFieldPicOrderInFramePresentFlag: false,
    numSliceGroupsMinus1: 0,
    numRefIdxL0DefaultActiveMinus1: 0,
    numRefIdxL1DefaultActiveMinus1: 0,
    weightedPredFlag: false,
    weightedBipredIdc: 2,
    picInitQpMinus26: 0,
    picInitQsMinus26: 0,
    chromaQpIndexOffset: -2,
    deblockingFilterControlPresentFlag: false,
    constrainedIntraPredFlag: false,
    redundantPicCntPresentFlag: false,
    transform8x8ModeFlag: false,
    secondChromaQpIndexOffset: -2,
  });
});

describe("slice groups", () => {
  it.each<[string, (writer: BitWriter) => void, object]>([
    ["interleaved", (w) => void w.ue(2, 0, 5, 6, 7), { sliceGroupMapType: 0, runLengthMinus1: [5, 6, 7] }],
    ["dispersed", (w) => void w.ue(1, 1), { sliceGroupMapType: 1 }],
    [
      "foreground",
      (w) => void w.ue(2, 2, 1, 9, 2, 10),
      { sliceGroupMapType: 2, topLeft: [1, 2], bottomRight: [9, 10] },
    ],
    [
      "evolving",
      (w) => void w.ue(1, 4).flag(true).ue(8),
      { sliceGroupMapType: 4, sliceGroupChangeDirectionFlag: true, sliceGroupChangeRateMinus1: 8 },
    ],
    [
      "explicit",
      (w) =>
        void w
          .ue(2, 6, 299)
          .u(600 - 1, 0)
          .u(1, 1),
      { sliceGroupMapType: 6, picSizeInMapUnitsMinus1: 299 },
    ],
  ])("%s", (_, sliceGroups, expected) => {
    const pps = parse({ sliceGroups });
    expect(pps.sliceGroups).toEqual(expected);
    expect(pps.chromaQpIndexOffset).toBe(-2);
  });

  it("does not loop over missing map units", () => {
    expect(() => parse({ sliceGroups: (w) => void w.ue(7, 6, 130_000) })).toThrow(
      "the data ended within slice_group_id",
    );
    expect(() => parse({ sliceGroups: (w) => void w.ue(7, 6, 2 ** 31) })).toThrow(
      "pic_size_in_map_units_minus1 was",
    );
  });
});

describe("extension of the high profiles", () => {
  const extension = (lists: number) => (writer: BitWriter) =>
    void writer.flag(true, true, ...Array<boolean>(lists).fill(false)).se(5);

  it("has 8 scaling lists in 4:2:0, also if the SPS is unknown", () => {
    const pps = parse({ extension: extension(8) });
    expect(pps).toMatchObject({ transform8x8ModeFlag: true, secondChromaQpIndexOffset: 5 });
    expect(pps.scalingLists).toHaveLength(8);
  });

  it("has 12 scaling lists in 4:4:4", () => {
    const pps = parse({ extension: extension(12) }, { profileIdc: 244, format: format444 });
    expect(pps.scalingLists).toHaveLength(12);
    expect(pps.secondChromaQpIndexOffset).toBe(5);
  });

  it("is garbage in a Baseline stream", () => {
    const pps = parse({ extension: extension(3) }, { profileIdc: 66, constraintSetFlags: 0xc0 });
    expect(pps).toMatchObject({ transform8x8ModeFlag: false, secondChromaQpIndexOffset: -2 });
  });
});

it("throws nothing but BitstreamError, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (data) => {
      try {
        parsePictureParameterSet(Uint8Array.of(0x68, ...data), () => undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(BitstreamError);
      }
    }),
    { numRuns: 2000 },
  );
});
