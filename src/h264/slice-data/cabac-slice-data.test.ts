import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { binsOf, encodeBin } from "../../../test/support/h264/slice-data/bins.js";
import { CabacEncoder } from "../../../test/support/h264/slice-data/cabac-encoder.js";
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
import { CabacSliceData } from "./cabac-slice-data.js";
import { Macroblocks } from "./macroblocks.js";

const cabac: SliceFormat = { ...defaultFormat, entropy: "CABAC" };

/** A reader, and the macroblocks of the picture that it starts with. */
function readerOf({ width, height }: SliceFormat) {
  const macroblocks = new Macroblocks();
  macroblocks.start(width, height);
  return { macroblocks, reader: new CabacSliceData(macroblocks) };
}

interface Wish extends Partial<SliceFormat> {
  readonly first?: number;
  readonly cabacInitIdc?: number;
  readonly sliceQpDelta?: number;
  /** Written in place of rbsp_slice_trailing_bits(). */
  readonly trailing?: (writer: BitWriter) => void;
}

/**
 * Reads slice data of a picture of four by four macroblocks from bins as `readBins` takes them;
 * `pcm` stands for the samples of an I_PCM macroblock, all 255.
 */
function read(script: string, sliceType: "I" | "P" | "B", wish: Wish = {}): number | undefined {
  const { first = 0, cabacInitIdc = 0, sliceQpDelta = 0, trailing, ...rest } = wish;
  const format = { ...cabac, ...rest };
  const firstMbInSlice = format.structure === "mbaff" ? first / 2 : first;
  const header = headerOf(
    { type: sliceType, firstMbInSlice, cabacInitIdc, sliceQpDelta },
    streamOfFormat(format),
  );
  const writer = new BitWriter().u(header.dataBitOffset, 0).alignWithOnes();
  const encoder = new CabacEncoder(sliceType === "I" ? undefined : cabacInitIdc, 26 + sliceQpDelta);
  for (const bin of binsOf(script)) {
    if (bin !== "pcm") encodeBin(encoder, bin);
    else
      encoder.pcm(
        Array(256).fill(255),
        Array([0, 128, 256, 512][format.chromaFormatIdc]!).fill(255),
        format.bitDepth,
        writer.length,
      );
  }
  writer.append(encoder.bits);
  if (trailing) trailing(writer);
  else writer.trailing();
  const rbsp = new Uint8Array(16_384);
  rbsp.set(writer.bytes());
  return readerOf(format).reader.read(header, rbsp, writer.bytes().length);
}

describe("CabacSliceData", () => {
  it.each(structuresAndChroma)(
    "reads any slices that 7.3.4 and 7.3.5 write, to their ends: %s, chroma_format_idc %d",
    (structure, chromaFormatIdc) => {
      expectReadsToEnds({ entropy: "CABAC", structure, chromaFormatIdc }, readerOf);
    },
  );

  it("reads 4:4:4 with 8x8 transform as x264 before build 151 wrote it, and goes on by that rule", () => {
    // Without skipped macroblocks, which that rule does not tell from others here.
    const format: SliceFormat = { ...cabac, chromaFormatIdc: 3, transform8x8: true };
    let differing = 0;
    for (let seed = 0; seed < 30; seed++) {
      const content = randomSlice(new Random(seed), format, { sliceType: "I" });
      const nals = [sliceNalOf({ ...content, isOldX264: true }), sliceNalOf(content)];
      const { reader } = readerOf(format);
      for (const nal of [...nals, ...nals]) {
        const { header, rbsp, length } = readableSlice(nal, streamOfFormat(format));
        expect(reader.read(header, rbsp, length)).toBe(16);
      }
      if (nals[0]!.toString() !== nals[1]!.toString()) differing++;
    }
    expect(differing).toBeGreaterThan(20);
  });

  it("9.3.3.2.4: a slice without its last bytes, or with more, does not end where its data end", () => {
    const sliceTypes = fc.constantFrom("I" as const, "P" as const, "B" as const);
    let unnoticed = 0;
    fc.assert(
      fc.property(
        fc.nat(),
        sliceTypes,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 255 }),
        (seed, sliceType, missing, extra) => {
          const nal = sliceNalOf(randomSlice(new Random(seed), cabac, { sliceType }));
          const stream = streamOfFormat(cabac);
          const shorter = readableSlice(nal.subarray(0, -missing), stream);
          if (readerOf(cabac).reader.read(shorter.header, shorter.rbsp, shorter.length) === 16) unnoticed++;
          const longer = readableSlice(Uint8Array.from([...nal, extra]), stream);
          expect(readerOf(cabac).reader.read(longer.header, longer.rbsp, longer.length)).toBeUndefined();
        },
      ),
      { numRuns: 100, seed: 1 },
    );
    expect(unnoticed).toBe(0);
  });

  describe("7.3.4: slice_data() by hand", () => {
    it("9.3.3.1.1.1: mb_skip_flag, end_of_slice_flag after each macroblock", () => {
      // Skipped neighbours do not count.
      expect(read("11:1 t1", "P")).toBe(1);
      expect(read("11:1 t0 11:1 t1", "P", { first: 3 })).toBe(5);
      expect(read("24:1 t0 24:1 t1", "B")).toBe(2);
    });

    it("a slice of the last macroblock, and none after it", () => {
      expect(read("11:1 t1", "P", { first: 15 })).toBe(16);
      expect(read("11:1 t0 11:1 t1", "P", { first: 15 })).toBeUndefined();
    });

    it("9.3.3.1.1.1: neighbours that are not skipped count", () => {
      const luma = { chromaFormatIdc: 0 };
      expect(read(`11:0 14:0 15:0 16:0 40:0 47:0 73:0 74:0 75:0 76:0 t0 12:1 t1`, "P", luma)).toBe(2);
    });

    it("9.3.1.1: cabac_init_idc and SliceQPY are those of the slice", () => {
      const skipped = Array.from({ length: 16 }, (_, index) => `11:1 ${index < 15 ? "t0" : "t1"}`).join(" ");
      for (const cabacInitIdc of [0, 1, 2])
        for (const sliceQpDelta of [-26, 0, 25])
          expect(read(skipped, "P", { cabacInitIdc, sliceQpDelta })).toBe(16);
    });

    it("7.4.3: SliceQPY is 26 + pic_init_qp_minus26 + slice_qp_delta", () => {
      const content = randomSlice(new Random(4), cabac, { sliceType: "P" });
      const { header, rbsp, length } = readableSlice(sliceNalOf(content), streamOfFormat(cabac));
      const readWith = (picInitQpMinus26: number, sliceQpDelta: number) =>
        readerOf(cabac).reader.read(
          { ...header, pps: { ...header.pps, picInitQpMinus26 }, sliceQpDelta },
          rbsp,
          length,
        );
      expect(readWith(0, header.sliceQpDelta)).toBe(16);
      expect(readWith(7, header.sliceQpDelta - 7)).toBe(16);
      expect(readWith(-7, header.sliceQpDelta + 7)).toBe(16);
      expect(readWith(7, header.sliceQpDelta + 7)).not.toBe(16);
    });

    it("9.3.3.2.4, 7.3.2.10: the last bit read is rbsp_stop_one_bit, in the last byte but for zeros", () => {
      const end = (trailing: Wish["trailing"]) => read("11:1 t1", "P", { trailing: trailing! });
      expect(end((writer) => writer.trailing())).toBe(1);
      expect(end((writer) => writer.trailing().u(32, 0))).toBe(1);
      // x264 sets bits after it.
      expect(end((writer) => writer.u(1, 1).alignWithOnes())).toBe(1);
      expect(end((writer) => writer.u(1, 0).alignWithOnes())).toBeUndefined();
      expect(end((writer) => writer.trailing().u(8, 1))).toBeUndefined();
      expect(end(() => {})).toBeUndefined();
    });

    it("what is not damage is not taken for it", () => {
      const header = headerOf({ type: "I" }, streamOfFormat(cabac));
      const pps = {
        ...header.pps,
        get transform8x8ModeFlag(): boolean {
          throw new TypeError("not damage");
        },
      };
      // All zeros begin with an I_NxN macroblock, which asks for the flag.
      const rbsp = new Uint8Array(8192);
      expect(() => readerOf(cabac).reader.read({ ...header, pps }, rbsp, 10)).toThrow("not damage");
    });

    it("data that go on for ever are damage: all zeros and all ones", () => {
      const header = headerOf({ type: "P" }, streamOfFormat(cabac));
      for (const fill of [0x00, 0xff, 0x55]) {
        const rbsp = new Uint8Array(20_000).fill(fill, 0, 100);
        expect(readerOf(cabac).reader.read(header, rbsp, 100)).toBeUndefined();
      }
    });
  });

  describe("7.3.5: macroblock_layer() by hand", () => {
    it("I_PCM: alignment and samples, then the engine starts anew", () => {
      expect(read("3:1 t1 pcm t0 4:1 t1 pcm t1", "I")).toBe(2);
      expect(read("3:1 t1 pcm t1", "I", { chromaFormatIdc: 3, bitDepth: [14, 12] })).toBe(1);
      // In P and B slices after a prefix.
      expect(read("11:0 14:1 17:1 t1 pcm t1", "P")).toBe(1);
      expect(read("24:0 27:1 30:1 31:1 32:1 32:0 32:1 32:1 t1 pcm t1", "B")).toBe(1);
    });

    it("I_NxN: transform_size_8x8_flag, prediction modes, intra_chroma_pred_mode, coded_block_pattern", () => {
      const modes = (count: number) =>
        Array.from({ length: count }, (_, index) => (index % 2 ? "68:0 69:1 69:0 69:1" : "68:1")).join(" ");
      // Beyond the slice the luma pattern counts as coded: its own blocks choose ctxIdxInc.
      const pattern = "73:0 74:0 75:0 76:0 77:0";
      const chroma = "64:1 67:1 67:0";
      expect(read(`3:0 ${modes(16)} ${chroma} ${pattern} t1`, "I")).toBe(1);
      expect(read(`3:0 399:0 ${modes(16)} ${chroma} ${pattern} t1`, "I", { transform8x8: true })).toBe(1);
      expect(read(`3:0 399:1 ${modes(4)} ${chroma} ${pattern} t1`, "I", { transform8x8: true })).toBe(1);
      // No intra_chroma_pred_mode and no chroma pattern in 4:4:4 and monochrome.
      for (const chromaFormatIdc of [0, 3])
        expect(read(`3:0 ${modes(16)} 73:0 74:0 75:0 76:0 t1`, "I", { chromaFormatIdc })).toBe(1);
    });

    it("7.4.5: an I_16x16 type with chroma where there is none is damage", () => {
      // mb_type 5: CodedBlockPatternChroma 1, then chroma mode, mb_qp_delta, DC of luma, Cb and Cr.
      const type5 = "3:1 t0 6:0 7:1 8:0 9:0 10:0";
      expect(read(`${type5} 64:0 60:0 88:0 100:0 100:0 t1`, "I")).toBe(1);
      expect(read(`${type5} 60:0 88:0 t1`, "I", { chromaFormatIdc: 0 })).toBeUndefined();
    });

    it("9.3.3.1.1.5: mb_qp_delta has ctxIdxInc 1 after one that is not 0", () => {
      // I_16x16 without coefficients, type 3; beside an I_16x16 mb_type has ctxIdxInc 1.
      const macroblock = (inc: number, delta: string, dc: number) =>
        `${3 + inc}:1 t0 6:0 7:0 9:1 10:0 ${delta} ${dc}:0`;
      const luma = { chromaFormatIdc: 0 };
      expect(
        read(
          `${macroblock(0, "60:1 62:0", 88)} t0 ${macroblock(1, "61:0", 87)} t0 ${macroblock(1, "60:0", 87)} t1`,
          "I",
          luma,
        ),
      ).toBe(3);
    });

    it("7.4.5: an mb_qp_delta beyond any range is damage, with 8 bits and with more", () => {
      const withDelta = (bins: number, bitDepth: readonly [number, number]) => {
        const ones = Array.from({ length: bins - 2 }, () => "63:1").join(" ");
        return read(`3:1 t0 6:0 7:0 9:1 10:0 60:1 62:1 ${ones} 63:0 88:0 t1`, "I", {
          chromaFormatIdc: 0,
          bitDepth,
        });
      };
      // -26 is mapped to 52.
      expect(withDelta(52, [8, 8])).toBe(1);
      expect(withDelta(105, [8, 8])).toBeUndefined();
      // -32 with 10 bits is mapped to 64, -44 with 14 bits to 88.
      expect(withDelta(88, [14, 8])).toBe(1);
      expect(withDelta(105 + 72, [14, 8])).toBeUndefined();
    });
  });

  describe("7.3.4: mb_field_decoding_flag in MBAFF frames", () => {
    const mbaff = { structure: "mbaff", chromaFormatIdc: 0 } as const;
    const inter = "14:0 15:0 16:0 40:0 47:0";
    // coded_block_pattern 0 without neighbours, and below a skipped macroblock.
    const alone = "73:0 74:0 75:0 76:0";
    const belowSkipped = "75:0 76:0 75:0 76:0";

    it("comes with the top macroblock that is not skipped, before its layer; no end_of_slice_flag between", () => {
      expect(read(`11:0 70:0 ${inter} ${alone} 12:1 t1`, "P", mbaff)).toBe(2);
    });

    it("comes after mb_skip_flag of the bottom one where the top one is skipped", () => {
      expect(read(`11:1 11:0 70:0 ${inter} ${belowSkipped} t1`, "P", mbaff)).toBe(2);
    });

    it("does not come with a pair of skipped macroblocks, and counts for the next pair (9.3.3.1.1.2)", () => {
      expect(read("11:1 11:1 t0 11:1 11:1 t1", "P", mbaff)).toBe(4);
      // A field pair: two reference indices, and no neighbour in the pair. The next pair is
      // inferred to be one, too: its macroblocks have those of the same parity to their left.
      const field = `14:0 15:0 16:0 54:0 40:0 47:0 ${alone}`;
      expect(read(`11:1 11:0 70:1 ${field} t0 11:1 12:1 t1`, "P", mbaff)).toBe(4);
      const besideField = "14:0 15:0 16:0 54:0 40:0 47:0 74:0 74:0 76:0 76:0";
      expect(read(`11:1 11:0 70:1 ${field} t0 11:1 12:0 71:1 ${besideField} t1`, "P", mbaff)).toBe(4);
    });
  });
});
