import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { RbspReader } from "./rbsp-reader.js";
import { readVuiParameters, reducedRatio, sampleAspectRatio } from "./vui-parameters.js";

const flagNames = [
  "aspect_ratio_info",
  "overscan_info",
  "video_signal_type",
  "chroma_loc_info",
  "timing_info",
  "nal_hrd_parameters",
  "vcl_hrd_parameters",
] as const;

type Parts = Partial<Record<(typeof flagNames)[number] | "bitstream_restriction", (w: BitWriter) => void>>;

/** vui_parameters() with these parts (E.1.1); of the others, the present flag is 0. */
function write(parts: Parts, { lowDelay = false, picStruct = false } = {}): BitWriter {
  const writer = new BitWriter();
  for (const name of flagNames) {
    const part = parts[name];
    writer.flag(part !== undefined);
    part?.(writer);
  }
  if (parts.nal_hrd_parameters || parts.vcl_hrd_parameters) writer.flag(lowDelay);
  writer.flag(picStruct, parts.bitstream_restriction !== undefined);
  parts.bitstream_restriction?.(writer);
  return writer;
}

/** Reads it, and checks that reading ends with the last bit written. */
function read(writer: BitWriter) {
  const written = writer.length;
  const reader = new RbspReader(writer.trailing().bytes(), 0, false);
  const vui = readVuiParameters(reader);
  expect(reader.bitOffset).toBe(written);
  return vui;
}

/** hrd_parameters() with one CPB (E.1.2). */
const hrd = (writer: BitWriter) => void writer.ue(0).u(4, 2).u(4, 3).ue(9, 11).flag(true).u(20, 0);
const hrdRead = {
  bitRateScale: 2,
  cpbSizeScale: 3,
  cpbs: [{ bitRateValueMinus1: 9, cpbSizeValueMinus1: 11, cbrFlag: true }],
  initialCpbRemovalDelayLengthMinus1: 0,
  cpbRemovalDelayLengthMinus1: 0,
  dpbOutputDelayLengthMinus1: 0,
  timeOffsetLength: 0,
};

describe("readVuiParameters (E.1.1)", () => {
  it("reads parameters of which none is present", () => {
    expect(read(write({}))).toEqual({ picStructPresentFlag: false });
    expect(read(write({}, { picStruct: true }))).toEqual({ picStructPresentFlag: true });
  });

  it.each<[string, Parts, object]>([
    ["an aspect_ratio_idc", { aspect_ratio_info: (w) => w.u(8, 14) }, { aspectRatioIdc: 14 }],
    [
      "Extended_SAR, with its two sizes",
      { aspect_ratio_info: (w) => w.u(8, 255).u(16, 65_535).u(16, 1) },
      { aspectRatioIdc: 255, sarWidth: 65_535, sarHeight: 1 },
    ],
    ["overscan", { overscan_info: (w) => w.flag(true) }, { overscanAppropriateFlag: true }],
    [
      "the video signal without colours",
      { video_signal_type: (w) => w.u(3, 5).flag(true, false) },
      { videoSignalType: { videoFormat: 5, videoFullRangeFlag: true } },
    ],
    [
      "the video signal with colours",
      { video_signal_type: (w) => w.u(3, 1).flag(false, true).u(8, 9).u(8, 16).u(8, 10) },
      {
        videoSignalType: {
          videoFormat: 1,
          videoFullRangeFlag: false,
          colourDescription: { colourPrimaries: 9, transferCharacteristics: 16, matrixCoefficients: 10 },
        },
      },
    ],
    [
      "where chroma samples lie",
      { chroma_loc_info: (w) => w.ue(2, 5) },
      { chromaLocInfo: { chromaSampleLocTypeTopField: 2, chromaSampleLocTypeBottomField: 5 } },
    ],
    [
      "timing, with all 32 bits",
      { timing_info: (w) => w.u(32, 0xffff_ffff).u(32, 0x8000_0001).flag(true) },
      { timingInfo: { numUnitsInTick: 0xffff_ffff, timeScale: 0x8000_0001, fixedFrameRateFlag: true } },
    ],
    [
      "what the encoder promises",
      { bitstream_restriction: (w) => w.flag(true).ue(2, 1, 11, 12, 3, 16) },
      {
        bitstreamRestriction: {
          motionVectorsOverPicBoundariesFlag: true,
          maxBytesPerPicDenom: 2,
          maxBitsPerMbDenom: 1,
          log2MaxMvLengthHorizontal: 11,
          log2MaxMvLengthVertical: 12,
          maxNumReorderFrames: 3,
          maxDecFrameBuffering: 16,
        },
      },
    ],
  ])("reads %s", (_what, parts, expected) => {
    expect(read(write(parts))).toEqual({ picStructPresentFlag: false, ...expected });
  });

  it.each<[string, Parts, object]>([
    ["NAL", { nal_hrd_parameters: hrd }, { nalHrdParameters: hrdRead }],
    ["VCL", { vcl_hrd_parameters: hrd }, { vclHrdParameters: hrdRead }],
    [
      "both kinds of",
      { nal_hrd_parameters: hrd, vcl_hrd_parameters: hrd },
      { nalHrdParameters: hrdRead, vclHrdParameters: hrdRead },
    ],
  ])("reads %s HRD parameters, and low_delay_hrd_flag once after them", (_what, parts, expected) => {
    for (const lowDelay of [false, true]) {
      const vui = read(write(parts, { lowDelay, picStruct: true }));
      expect(vui).toEqual({ ...expected, lowDelayHrdFlag: lowDelay, picStructPresentFlag: true });
    }
  });

  it("reads as many CPBs as cpb_cnt_minus1 says, and the four lengths after them (E.1.2)", () => {
    const cpb = fc.record({
      bitRateValueMinus1: fc.nat(1e6),
      cpbSizeValueMinus1: fc.nat(1e6),
      cbrFlag: fc.boolean(),
    });
    const lengths = fc.tuple(fc.nat(31), fc.nat(31), fc.nat(31), fc.nat(31));
    fc.assert(
      fc.property(fc.array(cpb, { minLength: 1, maxLength: 32 }), lengths, (cpbs, [a, b, c, d]) => {
        const vui = read(
          write({
            nal_hrd_parameters: (writer) => {
              writer
                .ue(cpbs.length - 1)
                .u(4, 1)
                .u(4, 15);
              for (const { bitRateValueMinus1, cpbSizeValueMinus1, cbrFlag } of cpbs)
                writer.ue(bitRateValueMinus1, cpbSizeValueMinus1).flag(cbrFlag);
              writer.u(5, a).u(5, b).u(5, c).u(5, d);
            },
          }),
        );
        expect(vui.nalHrdParameters).toEqual({
          bitRateScale: 1,
          cpbSizeScale: 15,
          cpbs,
          initialCpbRemovalDelayLengthMinus1: a,
          cpbRemovalDelayLengthMinus1: b,
          dpbOutputDelayLengthMinus1: c,
          timeOffsetLength: d,
        });
      }),
      { numRuns: 30 },
    );
  });

  it.each<[string, Parts]>([
    ["max_num_reorder_frames", { bitstream_restriction: (w) => w.flag(true).ue(0, 0, 0, 0, 17, 17) }],
    ["max_dec_frame_buffering", { bitstream_restriction: (w) => w.flag(true).ue(0, 0, 0, 0, 16, 17) }],
    ["cpb_cnt_minus1", { nal_hrd_parameters: (w) => w.ue(32) }],
  ])("refuses a %s above its bound", (element, parts) => {
    const bytes = write(parts).trailing().bytes();
    expect(() => readVuiParameters(new RbspReader(bytes, 0, false))).toThrow(
      expect.objectContaining({ place: expect.objectContaining({ element }) }),
    );
  });
});

describe("sampleAspectRatio (E.2.1)", () => {
  const of = (vui: Partial<Parameters<typeof sampleAspectRatio>[0]>) =>
    sampleAspectRatio({ picStructPresentFlag: false, ...vui });

  it("is that of table E-1", () => {
    expect(of({ aspectRatioIdc: 1 })).toEqual({ width: 1, height: 1 });
    expect(of({ aspectRatioIdc: 13 })).toEqual({ width: 160, height: 99 });
    expect(of({ aspectRatioIdc: 16 })).toEqual({ width: 2, height: 1 });
  });

  it("is that of Extended_SAR, reduced", () => {
    expect(of({ aspectRatioIdc: 255, sarWidth: 40, sarHeight: 40 })).toEqual({ width: 1, height: 1 });
    expect(of({ aspectRatioIdc: 255, sarWidth: 1440, sarHeight: 1080 })).toEqual({ width: 4, height: 3 });
  });

  it.each([
    ["no VUI", undefined],
    ["no aspect_ratio_idc", {}],
    ["Unspecified", { aspectRatioIdc: 0 }],
    ["a reserved value", { aspectRatioIdc: 17 }],
    ["a width of 0", { aspectRatioIdc: 255, sarWidth: 0, sarHeight: 1 }],
    ["a height of 0", { aspectRatioIdc: 255, sarWidth: 1, sarHeight: 0 }],
  ])("is unknown with %s", (_what, vui) => {
    expect(vui ? of(vui) : sampleAspectRatio(undefined)).toBeUndefined();
  });

  it("reduces to the same ratio without a common divisor", () => {
    const size = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(size, size, (width, height) => {
        const reduced = reducedRatio(width, height);
        expect(reduced.width * height).toBe(reduced.height * width);
        expect(reducedRatio(reduced.width, reduced.height)).toEqual(reduced);
        for (const divisor of [2, 3, 5, 7])
          expect(reduced.width % divisor === 0 && reduced.height % divisor === 0).toBe(false);
      }),
    );
  });
});
