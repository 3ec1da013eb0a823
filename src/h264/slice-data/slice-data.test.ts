import { describe, expect, it } from "vitest";
import type { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { headerOf } from "../../../test/support/h264/slice-data/slice-format.js";
import {
  canReadSliceData,
  firstMacroblock,
  lengthWithoutZeros,
  referenceIndexCount,
  sliceSyntax,
} from "./slice-data.js";

const interlaced = { sps: { frameMbsOnly: false, heightInMapUnits: 8 } };
const mbaff = { sps: { ...interlaced.sps, mbAdaptive: true } };
/** High 4:4:4 Predictive with that chroma_format_idc and bit depth. */
const high = (chromaFormatIdc: number, luma: number, chroma: number, separatePlanes = false) => ({
  sps: {
    profileIdc: 244,
    format: (writer: BitWriter) => {
      writer.ue(chromaFormatIdc);
      if (chromaFormatIdc === 3) writer.flag(separatePlanes);
      writer.ue(luma - 8, chroma - 8).flag(false, false);
    },
  },
});

describe("canReadSliceData", () => {
  it.each(["I", "P", "B"] as const)("takes %s slices of frames, fields and MBAFF frames", (type) => {
    expect(canReadSliceData(headerOf({ type }, {}))).toBe(true);
    expect(canReadSliceData(headerOf({ type }, mbaff))).toBe(true);
    expect(canReadSliceData(headerOf({ type, field: "top" }, interlaced))).toBe(true);
  });

  it.each(["SP", "SI"] as const)("does not take %s slices", (type) => {
    expect(canReadSliceData(headerOf({ type }, {}))).toBe(false);
  });

  it("does not take slice groups", () => {
    const sliceGroups = { pps: { sliceGroups: (writer: BitWriter) => void writer.ue(1, 0, 0, 0) } };
    expect(canReadSliceData(headerOf({}, sliceGroups))).toBe(false);
  });

  it("does not take separate colour planes", () => {
    expect(canReadSliceData(headerOf({}, high(3, 8, 8)))).toBe(true);
    expect(canReadSliceData(headerOf({ colourPlane: 0 }, high(3, 8, 8, true)))).toBe(false);
  });

  it("table A-1: takes 36 864 macroblocks, MaxFS of level 5.2, and no more", () => {
    expect(canReadSliceData(headerOf({}, { sps: { widthInMbs: 256, heightInMapUnits: 144 } }))).toBe(true);
    expect(canReadSliceData(headerOf({}, { sps: { widthInMbs: 365, heightInMapUnits: 101 } }))).toBe(false);
    const frames = { frameMbsOnly: false, widthInMbs: 256 };
    expect(canReadSliceData(headerOf({}, { sps: { ...frames, heightInMapUnits: 72 } }))).toBe(true);
    expect(canReadSliceData(headerOf({}, { sps: { ...frames, heightInMapUnits: 73 } }))).toBe(false);
  });
});

describe("firstMacroblock", () => {
  it("7.4.3: first_mb_in_slice, but twice that in an MBAFF frame", () => {
    expect(firstMacroblock(headerOf({ firstMbInSlice: 21 }, {}))).toBe(21);
    expect(firstMacroblock(headerOf({ firstMbInSlice: 21 }, interlaced))).toBe(21);
    expect(firstMacroblock(headerOf({ firstMbInSlice: 21 }, mbaff))).toBe(42);
    expect(firstMacroblock(headerOf({ firstMbInSlice: 21, field: "bottom" }, mbaff))).toBe(21);
  });
});

describe("sliceSyntax", () => {
  it("table 7-6: knows I and B slices", () => {
    const kindOf = (type: "I" | "P" | "B") => {
      const { isI, isB } = sliceSyntax(headerOf({ type }, {}));
      return { isI, isB };
    };
    expect(kindOf("I")).toEqual({ isI: true, isB: false });
    expect(kindOf("P")).toEqual({ isI: false, isB: false });
    expect(kindOf("B")).toEqual({ isI: false, isB: true });
  });

  it("7.4.3: MbaffFrameFlag is for frames of an SPS with mb_adaptive_frame_field_flag", () => {
    expect(sliceSyntax(headerOf({}, interlaced)).isMbaff).toBe(false);
    expect(sliceSyntax(headerOf({}, mbaff)).isMbaff).toBe(true);
    expect(sliceSyntax(headerOf({ field: "top" }, mbaff)).isMbaff).toBe(false);
  });

  // 256 luma samples, and 2 * MbWidthC * MbHeightC chroma samples: 0, 2 * 8 * 8, 2 * 8 * 16, 2 * 16
  // * 16.
  it.each([
    [0, 8, 8, false, 256 * 8],
    [1, 8, 8, true, 256 * 8 + 128 * 8],
    [2, 10, 9, true, 256 * 10 + 256 * 9],
    [3, 14, 12, false, 256 * 14 + 512 * 12],
  ])(
    "7.3.5: chroma_format_idc %d, %d bits of luma and %d of chroma",
    (chromaFormatIdc, luma, chroma, hasSubsampledChroma, pcmBits) => {
      expect(sliceSyntax(headerOf({}, high(chromaFormatIdc, luma, chroma)))).toMatchObject({
        hasSubsampledChroma,
        pcmBits,
      });
    },
  );
});

describe("referenceIndexCount", () => {
  const header = headerOf({ type: "B", activeReferences: [3, 5] }, mbaff);

  it("7.4.3: num_ref_idx_l0_active_minus1 + 1 and that of list 1", () => {
    expect(referenceIndexCount(header, 0, false)).toBe(3);
    expect(referenceIndexCount(header, 1, false)).toBe(5);
  });

  it("7.4.5.1: field macroblocks of a frame have twice as many", () => {
    expect(referenceIndexCount(header, 0, true)).toBe(6);
    expect(referenceIndexCount(header, 1, true)).toBe(10);
  });
});

describe("lengthWithoutZeros", () => {
  it("7.3.2.10: leaves out cabac_zero_words and other zeros, up to the byte of rbsp_stop_one_bit", () => {
    const rbsp = Uint8Array.of(0x12, 0, 0x80, 0, 0, 0, 0, 0xff);
    expect(lengthWithoutZeros(rbsp, 7)).toBe(3);
    expect(lengthWithoutZeros(rbsp, 8)).toBe(8);
    expect(lengthWithoutZeros(rbsp, 2)).toBe(1);
  });

  it("is 0 where there is nothing else", () => {
    expect(lengthWithoutZeros(new Uint8Array(4), 4)).toBe(0);
    expect(lengthWithoutZeros(new Uint8Array(0), 0)).toBe(0);
  });
});
