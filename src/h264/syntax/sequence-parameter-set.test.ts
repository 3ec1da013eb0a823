import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BitWriter } from "../../../test/support/h264/bit-writer.js";
import { restriction, type SpsSyntax, spsNal, timing } from "../../../test/support/h264/h264-syntax.js";
import { BitstreamError } from "../../core/errors.js";
import {
  decodedBytes,
  maxDpbFrames,
  parseSequenceParameterSet,
  pictureRate,
  reorderDepth,
} from "./sequence-parameter-set.js";

const parse = (syntax: SpsSyntax) => parseSequenceParameterSet(spsNal(syntax));
const format420 = (writer: BitWriter) => void writer.ue(1, 0, 0).flag(false, false);

describe("picture size", () => {
  it("crops 1080 lines out of 1088", () => {
    const sps = parse({ widthInMbs: 120, heightInMapUnits: 68, crop: [0, 0, 0, 4] });
    expect(sps.crop).toEqual({ x: 0, y: 0, width: 1920, height: 1080 });
    expect([sps.width, sps.height]).toEqual([1920, 1080]);
  });

  it("counts crop units of interlaced video in pairs of lines", () => {
    const sps = parse({ widthInMbs: 120, heightInMapUnits: 34, frameMbsOnly: false, crop: [1, 2, 1, 1] });
    expect(sps.crop).toEqual({ x: 2, y: 4, width: 1914, height: 1080 });
    expect(sps.frameHeightInMbs).toBe(68);
  });

  it.each([
    ["monochrome", 0, { x: 1, y: 2, width: 313, height: 234 }],
    ["4:2:0", 1, { x: 2, y: 4, width: 306, height: 228 }],
    ["4:2:2", 2, { x: 2, y: 2, width: 306, height: 234 }],
    ["4:4:4", 3, { x: 1, y: 2, width: 313, height: 234 }],
  ])("crops %s in its own units", (_, chromaFormatIdc, crop) => {
    const format = (writer: BitWriter) => {
      writer.ue(chromaFormatIdc);
      if (chromaFormatIdc === 3) writer.flag(false);
      writer.ue(0, 0).flag(false, false);
    };
    expect(parse({ profileIdc: 244, format, crop: [1, 6, 2, 4] }).crop).toEqual(crop);
  });

  it("treats separate colour planes like monochrome", () => {
    const format = (writer: BitWriter) => void writer.ue(3).flag(true).ue(0, 0).flag(false, false);
    const sps = parse({ profileIdc: 244, format });
    expect(sps).toMatchObject({ chromaFormatIdc: 3, separateColourPlaneFlag: true, chromaArrayType: 0 });
  });

  it("adds up the memory for references, waiting frames and frames in hand", () => {
    const frame = 20 * 15 * (256 * 1.5 + 160);
    expect(decodedBytes(parse({ maxNumRefFrames: 4, vui: restriction(2, 4) }))).toBe(frame * (4 + 16 + 2));
    const format = (writer: BitWriter) => void writer.ue(3).flag(false).ue(6, 6).flag(false, false);
    const deep = parse({ profileIdc: 244, format, maxNumRefFrames: 1, vui: restriction(0, 1) });
    expect(decodedBytes(deep)).toBe(20 * 15 * (256 * 6 + 160) * (1 + 16 + 2));
  });

  it("treats an unknown level as the highest", () => {
    expect(maxDpbFrames(parse({ levelIdc: 255 }))).toBe(16);
    expect(maxDpbFrames(parse({ levelIdc: 255, widthInMbs: 512, heightInMapUnits: 272 }))).toBe(5);
  });

  it("refuses cropping that leaves nothing", () => {
    expect(() => parse({ crop: [80, 80, 0, 0] })).toThrow("cropping left 0x240 of a 320x240 picture");
  });

  it("refuses an absurd size", () => {
    expect(() => parse({ widthInMbs: 1025 })).toThrow("pic_width_in_mbs_minus1 was 1024, expected 0 to 1023");
    expect(() => parse({ heightInMapUnits: 513, frameMbsOnly: false })).toThrow("picture size was 320x16416");
    expect(parse({ widthInMbs: 512, heightInMapUnits: 272 })).toMatchObject({ width: 8192, height: 4352 });
    expect(() => parse({ widthInMbs: 512, heightInMapUnits: 273 })).toThrow("picture size was 8192x4368");
  });
});

describe("syntax", () => {
  it("reads pic_order_cnt_type 1 with its cycle", () => {
    const sps = parse({
      pictureOrder: (writer) => void writer.ue(1).flag(true).se(-2, 1).ue(3).se(4, -5, 6),
    });
    expect(sps).toMatchObject({
      picOrderCntType: 1,
      deltaPicOrderAlwaysZeroFlag: true,
      offsetForNonRefPic: -2,
      offsetForTopToBottomField: 1,
      offsetForRefFrame: [4, -5, 6],
    });
  });

  it("names the element that is wrong", () => {
    expect(() => parse({ pictureOrder: (writer) => void writer.ue(3) })).toThrow(
      "pic_order_cnt_type was 3, expected 0 to 2 (pic_order_cnt_type, clause 7.4.2.1.1, bit 26)",
    );
    expect(() => parse({ maxNumRefFrames: 17 })).toThrow("max_num_ref_frames was 17, expected 0 to 16");
  });

  it("reads scaling lists: explicit, default, absent, and with a repeated last value", () => {
    const format = (writer: BitWriter) => {
      writer.ue(1, 2, 2).flag(false).flag(true);
      writer.flag(true).se(...Array<number>(16).fill(1));
      writer.flag(true).se(-8); // delta_scale that makes the first nextScale 0: the default list
      writer.flag(true).se(2, -10); // 10, then nextScale 0: 10 to the end
      writer.flag(false, false, false, false, false);
    };
    const sps = parse({ profileIdc: 110, format });
    expect(sps.bitDepthLumaMinus8).toBe(2);
    expect(sps.scalingLists).toEqual([
      Array.from({ length: 16 }, (_, index) => 9 + index),
      "default",
      Array<number>(16).fill(10),
      ...Array<undefined>(5).fill(undefined),
    ]);
    expect(sps.width).toBe(320);
  });

  it("reads the whole VUI", () => {
    const hrd = (writer: BitWriter) =>
      writer
        .ue(1)
        .u(4, 3)
        .u(4, 5)
        .ue(10, 20)
        .flag(true)
        .ue(30, 40)
        .flag(false)
        .u(5, 23)
        .u(5, 15)
        .u(5, 5)
        .u(5, 24);
    const sps = parse({
      vui: (writer) => {
        writer.flag(true).u(8, 255).u(16, 40).u(16, 33);
        writer.flag(true, true);
        writer.flag(true).u(3, 5).flag(true, true).u(8, 1).u(8, 13).u(8, 6);
        writer.flag(true).ue(2, 3);
        writer.flag(true).u(32, 1001).u(32, 60_000).flag(true);
        hrd(writer.flag(true));
        hrd(writer.flag(true));
        writer.flag(true, true, true);
        writer.flag(true).ue(2, 1, 16, 15, 3, 4);
      },
    });
    const parameters = {
      bitRateScale: 3,
      cpbSizeScale: 5,
      cpbs: [
        { bitRateValueMinus1: 10, cpbSizeValueMinus1: 20, cbrFlag: true },
        { bitRateValueMinus1: 30, cpbSizeValueMinus1: 40, cbrFlag: false },
      ],
      initialCpbRemovalDelayLengthMinus1: 23,
      cpbRemovalDelayLengthMinus1: 15,
      dpbOutputDelayLengthMinus1: 5,
      timeOffsetLength: 24,
    };
    expect(sps.warnings).toEqual([]);
    expect(sps.vui).toEqual({
      aspectRatioIdc: 255,
      sarWidth: 40,
      sarHeight: 33,
      overscanAppropriateFlag: true,
      videoSignalType: {
        videoFormat: 5,
        videoFullRangeFlag: true,
        colourDescription: { colourPrimaries: 1, transferCharacteristics: 13, matrixCoefficients: 6 },
      },
      chromaLocInfo: { chromaSampleLocTypeTopField: 2, chromaSampleLocTypeBottomField: 3 },
      timingInfo: { numUnitsInTick: 1001, timeScale: 60_000, fixedFrameRateFlag: true },
      nalHrdParameters: parameters,
      vclHrdParameters: parameters,
      lowDelayHrdFlag: true,
      picStructPresentFlag: true,
      bitstreamRestriction: {
        motionVectorsOverPicBoundariesFlag: true,
        maxBytesPerPicDenom: 2,
        maxBitsPerMbDenom: 1,
        log2MaxMvLengthHorizontal: 16,
        log2MaxMvLengthVertical: 15,
        maxNumReorderFrames: 3,
        maxDecFrameBuffering: 4,
      },
    });
  });
});

describe("what real devices send", () => {
  it("leaves out a truncated VUI", () => {
    const whole = spsNal({ vui: timing(1, 50) });
    const sps = parseSequenceParameterSet(whole.subarray(0, whole.length - 4));
    expect(sps.vui).toBeUndefined();
    expect(sps.warnings).toEqual([expect.stringContaining("the VUI was left out: the data ended within")]);
    expect([sps.width, sps.height]).toEqual([320, 240]);
  });

  it("leaves out a VUI with a reorder depth above 16", () => {
    const sps = parse({ vui: restriction(17, 17) });
    expect(sps.vui).toBeUndefined();
    expect(sps.warnings[0]).toContain("max_num_reorder_frames was 17");
  });

  it("ignores what follows the SPS", () => {
    const nal = spsNal({ vui: timing(1, 50) });
    const sps = parseSequenceParameterSet(Uint8Array.of(...nal, 1, 2, 3, 4));
    expect(sps).toEqual(parseSequenceParameterSet(nal));
  });
});

describe("maxDpbFrames", () => {
  it.each([
    [
      "level 1b of Baseline holds 4 QCIF frames",
      { profileIdc: 66, levelIdc: 11, constraintSetFlags: 0x10 },
      11,
      9,
      4,
    ],
    ["level 1.1 holds 9", { profileIdc: 66, levelIdc: 11 }, 11, 9, 9],
    ["level_idc 9 is level 1b", { profileIdc: 100, levelIdc: 9, format: format420 }, 11, 9, 4],
    [
      "constraint_set3 is no level 1b in High",
      { profileIdc: 100, levelIdc: 11, constraintSetFlags: 0x10, format: format420 },
      11,
      9,
      9,
    ],
    ["level 4 holds 4 frames of 1080 lines", { levelIdc: 40 }, 120, 68, 4],
    ["never more than 16", { levelIdc: 62 }, 1, 1, 16],
    ["an unknown level bounds nothing", { levelIdc: 99 }, 120, 68, 16],
    ["a level too low is not believed", { levelIdc: 10, maxNumRefFrames: 3 }, 120, 68, 3],
  ] as const)("%s", (_, syntax, widthInMbs, heightInMapUnits, frames) => {
    expect(maxDpbFrames(parse({ ...syntax, widthInMbs, heightInMapUnits }))).toBe(frames);
  });
});

describe("reorderDepth", () => {
  it.each<[string, SpsSyntax, number | undefined]>([
    ["is not known without a proof", {}, undefined],
    ["is what bitstream_restriction says", { vui: restriction(2, 4) }, 2],
    ["is 0 with pic_order_cnt_type 2", { pictureOrder: (writer) => void writer.ue(2) }, 0],
    ["is 0 in an intra profile", { profileIdc: 110, constraintSetFlags: 0x10, format: format420 }, 0],
    ["is not known in High 10 with inter pictures", { profileIdc: 110, format: format420 }, undefined],
    ["is not proved by constraint_set3_flag in Main", { constraintSetFlags: 0x10 }, undefined],
  ])("%s", (_, syntax, depth) => {
    expect(reorderDepth(parse(syntax))).toBe(depth);
  });
});

describe("pictureRate", () => {
  it.each([
    [1001, 60_000, 30_000 / 1001],
    [1, 50, 25],
    [0, 50, undefined],
    [1, 0, undefined],
    [1, 0xffffffff, undefined],
    [0xffffffff, 1, undefined],
  ])("num_units_in_tick %d, time_scale %d", (numUnitsInTick, timeScale, rate) => {
    expect(pictureRate(parse({ vui: timing(numUnitsInTick, timeScale) }))).toBe(rate);
  });

  it("is unknown without timing", () => expect(pictureRate(parse({}))).toBeUndefined());
});

it("throws nothing but BitstreamError, whatever the bytes", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom(66, 77, 100, 110, 244),
      (data, profileIdc) => {
        try {
          const sps = parseSequenceParameterSet(Uint8Array.of(0x67, profileIdc, 0, 30, ...data));
          expect(sps.width).toBeGreaterThan(0);
          expect(maxDpbFrames(sps)).toBeLessThanOrEqual(16);
        } catch (error) {
          expect(error).toBeInstanceOf(BitstreamError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
