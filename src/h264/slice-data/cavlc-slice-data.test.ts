import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { randomSlice, sliceNalOf } from "../../../test/support/h264/slice-data/random-slice.js";
import {
  expectReadsToEnds,
  structuresAndChroma,
} from "../../../test/support/h264/slice-data/read-random-slices.js";
import {
  defaultFormat,
  headerOf,
  readableSlice,
  type SliceFormat,
  streamOfFormat,
} from "../../../test/support/h264/slice-data/slice-format.js";
import { Random } from "../../../test/support/random.js";
import { CavlcSliceData } from "./cavlc-slice-data.js";
import { Macroblocks } from "./macroblocks.js";

/** A reader, and the macroblocks of the picture that it starts with. */
function readerOf({ width, height }: SliceFormat) {
  const macroblocks = new Macroblocks();
  macroblocks.start(width, height);
  return { macroblocks, reader: new CavlcSliceData(macroblocks) };
}

/** Reads slice data of a picture of four by four macroblocks. */
function read(
  data: BitWriter,
  sliceType: "I" | "P" | "B",
  { first = 0, trailing = true, ...wish }: Partial<SliceFormat> & { first?: number; trailing?: boolean } = {},
): number | undefined {
  const format = { ...defaultFormat, ...wish };
  const firstMbInSlice = format.structure === "mbaff" ? first / 2 : first;
  const slice = {
    type: sliceType,
    firstMbInSlice,
    ...(format.structure === "field" && { field: "top" as const }),
  };
  const header = headerOf(slice, streamOfFormat(format));
  const writer = new BitWriter().u(header.dataBitOffset, 0).append(data.bits);
  if (trailing) writer.trailing();
  const rbsp = new Uint8Array(8192);
  rbsp.set(writer.bytes());
  return readerOf(format).reader.read(header, rbsp, writer.bytes().length);
}

const data = (text = "") => new BitWriter().code(text);
/**
 * I_16x16_2_0_0 without coefficients: mb_type 3, intra_chroma_pred_mode 0, mb_qp_delta 0,
 * coeff_token.
 */
const grey = "00100 1 1 1";

describe("CavlcSliceData", () => {
  it.each(structuresAndChroma)(
    "reads any slices that 7.3.4 and 7.3.5 write, to their ends: %s, chroma_format_idc %d",
    (structure, chromaFormatIdc) => {
      expectReadsToEnds({ entropy: "CAVLC", structure, chromaFormatIdc }, readerOf);
    },
  );

  it("7.3.4: a slice without its last byte, or with more bytes, does not end where its data end", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom("I" as const, "P" as const, "B" as const),
        fc.integer({ min: 1, max: 255 }),
        (seed, sliceType, extra) => {
          const nal = sliceNalOf(randomSlice(new Random(seed), defaultFormat, { sliceType }));
          const shorter = readableSlice(nal.subarray(0, -1), streamOfFormat(defaultFormat));
          const lengthAfter = readerOf(defaultFormat).reader.read(
            shorter.header,
            shorter.rbsp,
            shorter.length,
          );
          // A slice that lost zeros only, or a run of skipped macroblocks, has fewer macroblocks.
          if (lengthAfter !== undefined) expect(lengthAfter).toBeLessThan(16);
          const longer = readableSlice(Uint8Array.from([...nal, extra]), streamOfFormat(defaultFormat));
          expect(
            readerOf(defaultFormat).reader.read(longer.header, longer.rbsp, longer.length),
          ).toBeUndefined();
        },
      ),
      { numRuns: 100 },
    );
  });

  describe("7.3.4: slice_data() by hand", () => {
    it("mb_skip_run of all macroblocks, and none after it", () => {
      expect(read(data().ue(16), "P")).toBe(16);
      expect(read(data().ue(16), "B")).toBe(16);
      expect(read(data().ue(5), "P", { first: 11 })).toBe(16);
    });

    it("mb_skip_run beyond the picture is damage", () => {
      expect(read(data().ue(17), "P")).toBeUndefined();
      expect(read(data().ue(6), "P", { first: 11 })).toBeUndefined();
    });

    it("a slice may end before the picture does", () => {
      expect(read(data().ue(3), "P")).toBe(3);
      expect(read(data(grey), "I")).toBe(1);
      expect(read(data(grey), "I", { first: 7 })).toBe(8);
    });

    it("mb_skip_run of 0 before each macroblock that is not skipped, and none before I macroblocks of I slices", () => {
      // P_L0_16x16: mb_type 0, mvd 0 0, coded_block_pattern 0.
      const macroblock = "1 1 1 1";
      expect(read(data(`1 ${macroblock} 1 ${macroblock}`), "P")).toBe(2);
      expect(read(data(`1 ${macroblock}`).ue(4), "P")).toBe(5);
      expect(read(data().ue(4).code(macroblock), "P")).toBe(5);
      // A macroblock follows a run of 0 in any case.
      expect(read(data(`1 ${macroblock} 1`), "P")).toBeUndefined();
      expect(read(data(`${grey} ${grey}`), "I")).toBe(2);
    });

    it("more macroblocks than the picture has are damage", () => {
      const bits = (count: number) => data(Array.from({ length: count }, () => grey).join(" "));
      expect(read(bits(16), "I")).toBe(16);
      expect(read(bits(17), "I")).toBeUndefined();
      expect(read(data().ue(16).code("1 1 1 1"), "P")).toBeUndefined();
    });

    it("bits left, or bits missing, before rbsp_stop_one_bit are damage", () => {
      // mb_skip_run, then one bit more: the end is expected where it is 1.
      expect(read(data(grey).code("1"), "I")).toBeUndefined();
      expect(read(data(grey.slice(0, -2)), "I")).toBeUndefined();
      expect(read(data(), "I")).toBeUndefined();
    });

    it("what is not damage is not taken for it: the caller gave no zeros after the RBSP", () => {
      const header = headerOf({ type: "P" }, streamOfFormat({}));
      const { reader } = readerOf(defaultFormat);
      expect(() => reader.read(header, new Uint8Array(1), 1)).toThrow(RangeError);
    });

    it("7.3.2.10: zeros may follow, and without a bit that is 1 there is no end", () => {
      expect(read(data(grey).trailing().u(24, 0), "I", { trailing: false })).toBe(1);
      expect(read(data(), "I", { trailing: false })).toBeUndefined();
    });
  });

  describe("7.3.5: macroblock_layer() by hand", () => {
    it("table 7-11: mb_type goes up to 25 in I slices, 30 in P slices and 48 in B slices", () => {
      const pcm = (type: number, before = "") => data(before).ue(type);
      const withSamples = (writer: BitWriter, headerBits: number) => {
        while ((headerBits + writer.length) % 8 !== 0) writer.u(1, 0);
        for (let sample = 0; sample < 384; sample++) writer.u(8, 0xff);
        return writer;
      };
      for (const [sliceType, type, before] of [
        ["I", 25, ""],
        ["P", 30, "1"],
        ["B", 48, "1"],
      ] as const) {
        const { dataBitOffset } = headerOf({ type: sliceType }, streamOfFormat({}));
        expect(read(withSamples(pcm(type, before), dataBitOffset), sliceType)).toBe(1);
        expect(read(withSamples(pcm(type + 1, before), dataBitOffset), sliceType)).toBeUndefined();
        // Nor as a further I_16x16, with all that such a macroblock has.
        expect(read(pcm(type + 1, before).code("1".repeat(19)), sliceType)).toBeUndefined();
      }
    });

    it("I_NxN: transform_size_8x8_flag, then 16 or 4 prediction modes of 1 or 4 bits", () => {
      const modes = (count: number) =>
        Array.from({ length: count }, (_, index) => (index % 2 ? "0 101" : "1")).join(" ");
      // mb_type 0, intra_chroma_pred_mode 3, coded_block_pattern 0 (codeNum 3).
      const rest = "00100 00100";
      expect(read(data(`1 ${modes(16)} ${rest}`), "I")).toBe(1);
      expect(read(data(`1 0 ${modes(16)} ${rest}`), "I", { transform8x8: true })).toBe(1);
      expect(read(data(`1 1 ${modes(4)} ${rest}`), "I", { transform8x8: true })).toBe(1);
    });

    it("7.4.5: intra_chroma_pred_mode is at most 3, and only sent in 4:2:0 and 4:2:2", () => {
      expect(read(data("00100 00100 1 1"), "I")).toBe(1);
      expect(read(data("00100 00101 1 1"), "I")).toBeUndefined();
      expect(read(data("00100 00100 1 1"), "I", { chromaFormatIdc: 2 })).toBe(1);
      // Three coeff_token of luma, Cb and Cr in 4:4:4.
      expect(read(data("00100 1 1 1 1"), "I", { chromaFormatIdc: 3 })).toBe(1);
      expect(read(data("00100 1 1"), "I", { chromaFormatIdc: 0 })).toBe(1);
    });

    it("table 9-4: coded_block_pattern goes up to codeNum 47, or 15 without chroma of its own", () => {
      const nxn = (codeNum: number, chroma: string) => data(`1 ${"1".repeat(16)} ${chroma}`).ue(codeNum);
      // codeNum 16 is 16: mb_qp_delta and two chroma DC blocks. Luma only: codeNum 15 is 9.
      expect(read(nxn(16, "1").code("1 01 01"), "I")).toBe(1);
      // As if it were there, mb_qp_delta follows the codeNum above.
      expect(read(nxn(48, "1").code("1"), "I")).toBeUndefined();
      expect(read(nxn(15, "").code("1 1 1 1 1 1 1 1 1"), "I", { chromaFormatIdc: 0 })).toBe(1);
      expect(read(nxn(16, "").code("1"), "I", { chromaFormatIdc: 0 })).toBeUndefined();
      const inter = (codeNum: number) => data("1 1 1 1").ue(codeNum);
      expect(read(inter(1).code("1 01 01"), "P")).toBe(1);
      expect(read(inter(48).code("1"), "P")).toBeUndefined();
      expect(read(inter(15).code("1 1 1 1 1 1 1 1 1"), "P", { chromaFormatIdc: 0 })).toBe(1);
      expect(read(inter(16).code("1"), "P", { chromaFormatIdc: 0 })).toBeUndefined();
    });

    it("7.4.5: mb_qp_delta goes from -26 to 25, further with more bits", () => {
      const with16x16 = (delta: number) => data("00100 1").se(delta).code("1");
      expect(read(with16x16(-26), "I")).toBe(1);
      expect(read(with16x16(25), "I")).toBe(1);
      expect(read(with16x16(-27), "I")).toBeUndefined();
      // QpBdOffsetY is 12 with 10 bits.
      expect(read(with16x16(-32), "I", { bitDepth: [10, 8] })).toBe(1);
      expect(read(with16x16(-33), "I", { bitDepth: [10, 8] })).toBeUndefined();
    });

    it("7.3.5: transform_size_8x8_flag of Inter macroblocks needs coefficients of luma and no smaller partitions", () => {
      const format = { transform8x8: true, chromaFormatIdc: 0 } as const;
      const blocks = "1 1 1 1";
      // coded_block_pattern 1 is codeNum 1; mb_qp_delta follows the flag.
      expect(read(data(`1 1 1 1 010 0 1 ${blocks}`), "P", format)).toBe(1);
      expect(read(data("1 1 1 1 1"), "P", format)).toBe(1);
      // P_8x8 of P_L0_8x8, and with one P_L0_8x4.
      const vectors = "1 1 1 1 1 1 1 1";
      expect(read(data(`1 00100 1 1 1 1 ${vectors} 010 0 1 ${blocks}`), "P", format)).toBe(1);
      expect(read(data(`1 00100 010 1 1 1 ${vectors} 1 1 010 1 ${blocks}`), "P", format)).toBe(1);
      // B_Direct_16x16 with and without direct_8x8_inference_flag.
      expect(read(data(`1 1 010 0 1 ${blocks}`), "B", format)).toBe(1);
      expect(read(data(`1 1 010 1 ${blocks}`), "B", { ...format, direct8x8Inference: false })).toBe(1);
      // Without transform_8x8_mode_flag.
      expect(read(data(`1 1 1 1 010 1 ${blocks}`), "P", { chromaFormatIdc: 0 })).toBe(1);
    });

    it("tables 7-13, 7-14: the last types are sub-macroblocks", () => {
      // P_8x8ref0 has no ref_idx; B_8x8 of direct ones has nothing.
      expect(read(data("1").ue(4).code("1 1 1 1").code("1 1 1 1 1 1 1 1").code("1"), "P")).toBe(1);
      expect(read(data("1").ue(22).code("1 1 1 1").code("1"), "B")).toBe(1);
      // B_Bi_Bi_8x16 has eight components.
      expect(read(data("1").ue(21).code("1 1 1 1 1 1 1 1").code("1"), "B")).toBe(1);
      // P_L0_L0_8x16 has four.
      expect(read(data("1").ue(2).code("1 1 1 1").code("1"), "P")).toBe(1);
    });
  });

  describe("7.3.4: mb_field_decoding_flag in MBAFF frames", () => {
    const mbaff = { structure: "mbaff" } as const;
    const inter = "1 1 1 1";

    it("comes with the top macroblock of each pair", () => {
      expect(read(data(`0 ${grey} ${grey} 1 ${grey} ${grey}`), "I", mbaff)).toBe(4);
      expect(read(data(`1 0 ${inter} 1 ${inter}`), "P", mbaff)).toBe(2);
    });

    it("comes with the bottom one where the top one is skipped", () => {
      expect(read(data(`010 0 ${inter}`), "P", mbaff)).toBe(2);
      // mb_skip_run 2: a whole pair, whose flag is inferred. Then one with a flag for both.
      expect(read(data(`011 0 ${inter} 1 ${inter}`), "P", mbaff)).toBe(4);
      expect(read(data(`011 0 ${inter} 1 0 ${inter}`), "P", mbaff)).toBeUndefined();
      expect(read(data(`011 0 ${inter}`).ue(1), "P", mbaff)).toBe(4);
    });

    it("7.4.5.1: a field macroblock has two reference indices for each frame", () => {
      const field = "1 1 1 0 1 1 1";
      expect(read(data(`${field} 1 ${"1 1 1 1 1"}`), "P", mbaff)).toBe(2);
      expect(read(data(`1 0 ${inter} 1 ${inter}`), "P", mbaff)).toBe(2);
    });

    it("7.4.3: the slice begins at the first macroblock of a pair", () => {
      expect(read(data().ue(10), "P", { ...mbaff, first: 6 })).toBe(16);
    });
  });
});
